import type { Clock } from './clock.ts'

export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
  constructor(what: string, ms: number) {
    super(`${what} took longer than ${ms} ms`)
  }
}

/** As `work`, but no longer than `ms`. @throws TimeoutError when it takes longer; what comes of it then is nobody's. */
export function withTimeout<Result>(clock: Clock, ms: number, what: string, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => reject(new TimeoutError(what, ms)), ms)
    work.then(resolve, reject).finally(() => clock.clearTimeout(timer))
  })
}
