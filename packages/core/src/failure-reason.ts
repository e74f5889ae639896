/**
 * The first word of a Redis reply that refuses. What follows the word names keys, users and addresses, and is printed nowhere.
 * A word that is not in this list is `ERR`.
 */
const REDIS_WORDS = [
  ...(['ASK', 'BUSY', 'CLUSTERDOWN', 'CROSSSLOT', 'ERR', 'EXECABORT', 'LOADING', 'MASTERDOWN', 'MISCONF'] as const),
  ...(['MOVED', 'NOAUTH', 'NOPERM', 'NOREPLICAS', 'NOSCRIPT', 'NOTBUSY', 'OOM', 'READONLY'] as const),
  ...(['TRYAGAIN', 'UNKILLABLE', 'WRONGPASS', 'WRONGTYPE'] as const),
] as const

/** Errors of sockets, files and TLS that Node names by a code. */
const SYSTEM_CODE = /^(?:E[A-Z]{3,20}|(?:ERR|CERT|DEPTH|SELF|UNABLE)_[A-Z0-9_]{3,60})$/
const SQLSTATE = /^[0-9A-Z]{5}$/

/** Why something failed, as logs and metrics may say it. */
export type FailureReason = (typeof FAILURE_REASONS)[number]

/** Everything that `readFailureReason` can answer, so that each may be there as 0 from the start. */
export const FAILURE_REASONS = [
  ...REDIS_WORDS,
  ...(['certificate', 'closed', 'connection', 'postgres', 'timeout', 'other'] as const),
] as const

/**
 * Of any error, one word of a closed list: the word of a Redis reply, `timeout`, `closed` (the connection ended under the command), `connection` (there is
 * none), `certificate`, `postgres` (the log has its code), or `other`. No text of a server gets through.
 */
export function readFailureReason(error: unknown): FailureReason {
  if (!(error instanceof Error)) return 'other'
  if (error.name === 'ReplyError') return readReplyWord(error.message)
  const text = error.message
  if (error.name === 'TimeoutError' || /timed? ?out|timeout/i.test(text)) return 'timeout'
  if (error.name === 'MaxRetriesPerRequestError' || /none of startup nodes|all sentinels|not ready|isn't/i.test(text))
    return 'connection'
  // What ioredis says of the last reply, once it has followed all redirections.
  const last = /Last error: ReplyError: (.*)/.exec(text)?.[1]
  if (last !== undefined) return readReplyWord(last)
  if (/connection (?:is )?(?:closed|terminated|lost|ended)|connection is closed/i.test(text)) return 'closed'
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') return error.cause instanceof Error ? readFailureReason(error.cause) : 'other'
  if (/CERT|SELF_SIGNED|UNABLE_TO|TLS/.test(code)) return 'certificate'
  if (SYSTEM_CODE.test(code)) return 'connection'
  return SQLSTATE.test(code) ? 'postgres' : 'other'
}

/** What Redis 7.0 says of a command within a script that its user may not run, or of a key that it may not touch. */
const REFUSED_IN_SCRIPT = /^ERR (?:ACL failure in script|The user executing the script can't)/

function readReplyWord(message: string): FailureReason {
  if (REFUSED_IN_SCRIPT.test(message)) return 'NOPERM'
  const word = /^[A-Z]+/.exec(message)?.[0]
  return REDIS_WORDS.find((known) => known === word) ?? 'ERR'
}
