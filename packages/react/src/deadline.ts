import { TimeoutError, withTimeout, type Clock } from '@derm/core'
import { ApiError } from './api-error.ts'

/** A connection that went dead without a word would keep whoever waits for an answer waiting for minutes. */
export const DEADLINE_MS = 30_000

/** @throws ApiError `offline` when nothing has come of it after 30 s. */
export function withDeadline<Result>(clock: Clock, what: string, run: () => Promise<Result>): () => Promise<Result> {
  return () =>
    withTimeout(clock, DEADLINE_MS, what, Promise.resolve().then(run)).catch((error: unknown) => {
      throw error instanceof TimeoutError ? new ApiError('offline', 0) : error
    })
}
