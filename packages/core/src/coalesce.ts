/** Runs once at a time: whoever calls meanwhile gets the result of the run that is under way. */
export function coalesce<Result>(run: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined
  return () => (running ??= run().finally(() => (running = undefined)))
}
