import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { CodedError } from '@derm/contract'

/** Wrong passwords for one email from one address, in a quarter of an hour. */
const FAILURES = { limit: 10, windowMs: 15 * 60_000 }
/** Attempts from one address, whatever their outcome, in a minute. A practice may share one. */
const ATTEMPTS = { limit: 600, windowMs: 60_000 }

/** Counters that forget themselves. Two implementations: in Redis for all pods, in memory while Redis is away. */
export interface Counters {
  /** Adds `by` (0: only reads); `ms` until the count is forgotten. */
  add(key: string, by: number, windowMs: number): Promise<{ count: number; ms: number }>
  forget(key: string): Promise<void>
}

export interface SignInLimiter {
  /** Before the password is looked at. @throws CodedError `rate_limited` with `retryAfter` in seconds. */
  admit(email: string, address: string): Promise<void>
  fail(email: string, address: string): Promise<void>
  succeed(email: string, address: string): Promise<void>
}

export function createSignInLimiter(counters: Counters): SignInLimiter {
  return {
    async admit(email, address) {
      const attempts = await counters.add(keyOf('attempts', address), 1, ATTEMPTS.windowMs)
      if (attempts.count > ATTEMPTS.limit) throw limited(attempts.ms)
      const failures = await counters.add(keyOf('failures', email, address), 0, FAILURES.windowMs)
      if (failures.count >= FAILURES.limit) throw limited(failures.ms)
    },
    async fail(email, address) {
      await counters.add(keyOf('failures', email, address), 1, FAILURES.windowMs)
    },
    succeed: (email, address) => counters.forget(keyOf('failures', email, address)),
  }
}

const limited = (ms: number) => new CodedError('rate_limited', { retryAfter: Math.max(1, Math.ceil(ms / 1_000)) })

/** Redis holds digests: neither an email nor an address stands there. */
function keyOf(kind: string, ...parts: string[]): string {
  return `derm:sign-in:${kind}:${createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 22)}`
}

const ADD = `
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local ms = redis.call('PTTL', KEYS[1])
if count == 0 then redis.call('DEL', KEYS[1]) return {0, 0} end
if ms < 0 then ms = tonumber(ARGV[2]) redis.call('PEXPIRE', KEYS[1], ms) end
return {count, ms}`

export function createRedisCounters(redis: Redis): Counters {
  return {
    async add(key, by, windowMs) {
      const [count, ms] = (await redis.eval(ADD, 1, key, by, windowMs)) as [number, number]
      return { count, ms }
    },
    async forget(key) {
      await redis.del(key)
    },
  }
}

/** Holds `maxKeys` counts at most; the oldest go first. */
export function createMemoryCounters(now: () => number = Date.now, maxKeys = 10_000): Counters {
  const counts = new Map<string, { count: number; until: number }>()
  return {
    async add(key, by, windowMs) {
      const known = counts.get(key)
      const entry = known && known.until > now() ? known : { count: 0, until: now() + windowMs }
      entry.count += by
      if (entry.count > 0) counts.set(key, entry)
      if (counts.size > maxKeys) counts.delete(counts.keys().next().value as string)
      return { count: entry.count, ms: entry.until - now() }
    },
    async forget(key) {
      counts.delete(key)
    },
  }
}

/** So long after a failure the first counters are not asked: waiting for their deadline at each sign-in would be felt. */
const REST_MS = 5_000

/** Signing in works without Redis: each pod then counts for itself. */
export function withFallback(first: Counters, second: Counters, now: () => number = Date.now): Counters {
  let restUntil = -Infinity
  const attempt = async <Result>(run: (counters: Counters) => Promise<Result>): Promise<Result> => {
    if (now() < restUntil) return run(second)
    try {
      return await run(first)
    } catch {
      restUntil = now() + REST_MS
      return run(second)
    }
  }
  return {
    add: (key, by, windowMs) => attempt((counters) => counters.add(key, by, windowMs)),
    forget: (key) => attempt((counters) => counters.forget(key)),
  }
}
