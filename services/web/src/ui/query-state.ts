/** What a view needs to know of a query; TanStack's results are ones. */
export type QueryState<Data> = {
  data: Data | undefined
  error: Error | null
  isFetching: boolean
  /** It waits for the network. */
  isPaused: boolean
  /** When `data` came, in milliseconds since 1970. */
  dataUpdatedAt: number
  refetch: () => Promise<unknown>
}

/** Two queries as one: there when both are, failed when either has. As old as the one that failed, else as the older one. */
export function joinQueries<First, Second>(
  first: QueryState<First>,
  second: QueryState<Second>,
): QueryState<[First, Second]> {
  const failed = [first, second].filter(({ error }) => error !== null)
  return {
    data: first.data === undefined || second.data === undefined ? undefined : [first.data, second.data],
    error: first.error ?? second.error,
    isFetching: first.isFetching || second.isFetching,
    isPaused: first.isPaused || second.isPaused,
    dataUpdatedAt: Math.min(...(failed.length > 0 ? failed : [first, second]).map((query) => query.dataUpdatedAt)),
    refetch: () => Promise.all([first.refetch(), second.refetch()]),
  }
}
