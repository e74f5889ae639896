import { createHash } from 'node:crypto'
import { groupBySlot, isCluster, type RedisClient } from './redis-client.ts'

export type ScriptCall = { keys: readonly string[]; args: readonly (string | number)[] }

/**
 * Replies that name the fault of the entry itself, so that every server would refuse it: it is too large to be stored. The list is closed. Whatever else a
 * server replies, also what is not known today, says something about the server, and concerns every channel alike. [REL15]
 */
const FAULT_OF_THE_ENTRY = /^ERR (?:string exceeds maximum allowed size|Elements are too large to be stored)/

/** What one call's refusal looks like; everything else rejects. */
export class RefusedCall {
  constructor(readonly error: Error) {}
}

/** One Lua script. `isReadOnly`: it only reads. `run` sends all calls in one round trip; what a server does not know (restarted, flushed, or another one since a failover) is sent again with its text. */
export function createScript<Answer>(source: string, { isReadOnly = false } = {}) {
  const hash = createHash('sha1').update(source).digest('hex')

  async function send(redis: RedisClient, calls: readonly ScriptCall[], isWithText: boolean): Promise<Result[]> {
    const pipeline = redis.pipeline()
    for (const { keys, args } of calls) {
      // Who may only read may not run what could write.
      if (isReadOnly && isWithText) pipeline.eval_ro(source, keys.length, ...keys, ...args)
      else if (isReadOnly) pipeline.evalsha_ro(hash, keys.length, ...keys, ...args)
      else if (isWithText) pipeline.eval(source, keys.length, ...keys, ...args)
      else pipeline.evalsha(hash, keys.length, ...keys, ...args)
    }
    const results = (await pipeline.exec()) ?? []
    if (results.length < calls.length) throw new Error('Redis answered less than it was asked')
    return results
  }

  /** Every script here may be repeated: what the first attempt did is found done. The text goes where the keys are, as no SCRIPT LOAD would in a Cluster. */
  async function sendKnown(redis: RedisClient, calls: readonly ScriptCall[]): Promise<Result[]> {
    const results = await sendApart(redis, calls, await send(redis, calls, false))
    const unknown = calls.flatMap((call, at) => (results[at]![0]?.message.startsWith('NOSCRIPT') ? [{ call, at }] : []))
    if (unknown.length === 0) return results
    const again = await send(
      redis,
      unknown.map(({ call }) => call),
      true,
    )
    for (const [i, { at }] of unknown.entries()) results[at] = again[i]!
    return results
  }

  /** In a Cluster whose slot is being moved, some keys are here and others there already: each of those calls goes its own way. */
  async function sendApart(redis: RedisClient, calls: readonly ScriptCall[], results: Result[]): Promise<Result[]> {
    if (!isCluster(redis)) return results
    for (const [at, call] of calls.entries())
      if (isRedirected(results[at]![0])) results[at] = (await send(redis, [call], false))[0]!
    return results
  }

  return {
    async run(redis: RedisClient, calls: readonly ScriptCall[]): Promise<(Answer | RefusedCall)[]> {
      const results: Result[] = []
      await Promise.all(
        groupBySlot(redis, calls, ({ keys }) => keys[0]!).map(async (group) => {
          const sent = await sendKnown(
            redis,
            group.map(({ item }) => item),
          )
          for (const [i, { at }] of group.entries()) results[at] = sent[i]!
        }),
      )
      return results.map(([error, answer]) => {
        if (!error) return answer as Answer
        if (error.name !== 'ReplyError' || !FAULT_OF_THE_ENTRY.test(error.message)) throw error
        return new RefusedCall(error)
      })
    },
  }
}

type Result = [error: Error | null, answer: unknown]

const isRedirected = (error: Error | null) => error !== null && /^(?:ASK|MOVED|TRYAGAIN) /.test(error.message)
