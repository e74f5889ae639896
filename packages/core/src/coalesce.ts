/** Makes calls that come while one is under way share its result. */
export function coalesce<Result>(run: () => Promise<Result>): () => Promise<Result> {
  let underWay: Promise<Result> | undefined
  return () => (underWay ??= run().finally(() => (underWay = undefined)))
}
