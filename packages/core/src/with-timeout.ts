import type { Clock } from './clock.ts'

/** As `work`, but no longer than `ms`. @throws when it takes longer; what comes of it then is nobody's. */
export function withTimeout<Result>(clock: Clock, ms: number, what: string, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms)
    work.then(resolve, reject).finally(() => clock.clearTimeout(timer))
  })
}
