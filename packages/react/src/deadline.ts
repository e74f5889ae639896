/** A connection that went dead without a word would keep whoever waits for an answer waiting for minutes. */
export const DEADLINE_MS = 30_000

/** Runs, and rejects with the error when nothing has come of it after 30 s. */
export function withDeadline<Result>(run: () => Promise<Result>, createError: () => Error): () => Promise<Result> {
  return () =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(createError()), DEADLINE_MS)
      Promise.resolve()
        .then(run)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer))
    })
}
