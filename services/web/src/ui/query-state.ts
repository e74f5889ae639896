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

/** Two queries as one: there when both are, as old as the older one, failed when either has. */
export function joinQueries<First, Second>(
  first: QueryState<First>,
  second: QueryState<Second>,
): QueryState<[First, Second]> {
  return {
    data: first.data === undefined || second.data === undefined ? undefined : [first.data, second.data],
    error: first.error ?? second.error,
    isFetching: first.isFetching || second.isFetching,
    isPaused: first.isPaused || second.isPaused,
    dataUpdatedAt: Math.min(first.dataUpdatedAt, second.dataUpdatedAt),
    refetch: () => Promise.all([first.refetch(), second.refetch()]),
  }
}
