import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { CodedError } from '@derm/contract'

/** Wrong passwords for one email from one address, in a quarter of an hour. */
const FAILURES = { keyPrefix: 'derm:sign-in:failures', points: 10, duration: 15 * 60 }
/** Attempts from one address, whatever their outcome, in a minute. A practice may share one address. */
const ATTEMPTS = { keyPrefix: 'derm:sign-in:attempts', points: 600, duration: 60 }

export interface SignInLimiter {
  /** Runs before the password is compared. @throws CodedError `rate_limited` with `retryAfter` in seconds. */
  admit(email: string, address: string): Promise<void>
  fail(email: string, address: string): Promise<void>
  succeed(email: string, address: string): Promise<void>
}

/** Counts in Redis for all pods. Without Redis each pod counts in its own memory, so that signing in still works. */
export function createSignInLimiter(redis: Redis): SignInLimiter {
  const failures = createLimiter(redis, FAILURES)
  const attempts = createLimiter(redis, ATTEMPTS)
  return {
    async admit(email, address) {
      const [, failed] = await Promise.all([
        attempts.consume(digest(address)).catch(refuse),
        failures.get(digest(email, address)),
      ])
      if (failed && failed.consumedPoints >= FAILURES.points) refuse(failed)
    },
    async fail(email, address) {
      await failures.penalty(digest(email, address))
    },
    async succeed(email, address) {
      await failures.delete(digest(email, address))
    },
  }
}

/** The memory of `insuranceLimiter` has no bound of its own; the password hash that each attempt costs bounds its growth. */
function createLimiter(redis: Redis, options: typeof FAILURES): RateLimiterRedis {
  return new RateLimiterRedis({
    ...options,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(options),
  })
}

/** `consume` rejects with its result when the limit is passed. @throws CodedError `rate_limited` */
function refuse(result: unknown): never {
  if (!(result instanceof RateLimiterRes)) throw result
  throw new CodedError('rate_limited', { retryAfter: Math.max(1, Math.ceil(result.msBeforeNext / 1_000)) })
}

/** Redis holds digests, never an email or an address. */
function digest(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 22)
}
