import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'

export type ScriptCall = { keys: readonly string[]; args: readonly (string | number)[] }

/** Replies that say something about the server, not about the call: they concern every channel alike. */
const SERVER_TROUBLE =
  /^(LOADING|READONLY|OOM|MISCONF|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|MOVED|ASK|NOREPLICAS|BUSY|NOAUTH|NOPERM|UNKILLABLE)/

/** What one call's refusal looks like; everything else rejects. */
export class RefusedCall {
  constructor(readonly error: Error) {}
}

/** One Lua script. `isReadOnly`: it only reads. `run` sends all calls in one round trip; a server that does not know the script (restarted, flushed) gets it, and is asked again. */
export function createScript<Answer>(source: string, { isReadOnly = false } = {}) {
  const hash = createHash('sha1').update(source).digest('hex')

  async function send(redis: Redis, calls: readonly ScriptCall[]) {
    const pipeline = redis.pipeline()
    for (const { keys, args } of calls) {
      // Who may only read may not run what could write.
      if (isReadOnly) pipeline.evalsha_ro(hash, keys.length, ...keys, ...args)
      else pipeline.evalsha(hash, keys.length, ...keys, ...args)
    }
    return (await pipeline.exec()) ?? []
  }

  return {
    async run(redis: Redis, calls: readonly ScriptCall[]): Promise<(Answer | RefusedCall)[]> {
      if (calls.length === 0) return []
      let results = await send(redis, calls)
      // Every script here may be repeated: what the first attempt did is found done.
      if (results.some(([error]) => error?.message.startsWith('NOSCRIPT'))) {
        await redis.script('LOAD', source)
        results = await send(redis, calls)
      }
      if (results.length < calls.length) throw new Error('Redis answered less than it was asked')
      return results.map(([error, answer]) => {
        if (!error) return answer as Answer
        if (error.name !== 'ReplyError' || SERVER_TROUBLE.test(error.message)) throw error
        return new RefusedCall(error)
      })
    },
  }
}
