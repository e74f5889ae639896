import type { JwksSource } from '@derm/auth'
import type { Logger } from '@derm/core'
import type { Members } from './members.ts'

/** A withdrawn key is found this often; with the fetch and its timeout that is well within 30 s. */
const EVERY_MS = 10_000

/**
 * Reads the key set again and again, and ends the sockets whose token was signed with a key that is no longer in it. Their clients come back
 * with a token of a key that is, if they can get one. While no key set can be read, the keys from before stay in force. [OPS2]
 */
export function startKeyWatch({
  keys,
  members,
  logger,
  everyMs = EVERY_MS,
}: {
  keys: Pick<JwksSource, 'load' | 'has'>
  members: Members
  logger: Logger
  everyMs?: number
}): () => void {
  let isReading = false
  const look = async () => {
    if (isReading) return
    isReading = true
    await keys.load().catch((error: unknown) => logger.warn({ error }, 'the public keys could not be read again'))
    isReading = false
    const withdrawn = members.all().filter(({ kid }) => !keys.has(kid))
    if (withdrawn.length > 0) logger.warn({ count: withdrawn.length }, 'sockets of a withdrawn signing key are ended')
    for (const member of withdrawn) members.close(member, 'token_invalid')
  }
  const timer = setInterval(() => void look(), everyMs)
  return () => clearInterval(timer)
}
