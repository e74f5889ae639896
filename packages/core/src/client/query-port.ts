/** A cached query, as the planner sees it. `isActive`: somebody shows it. */
export type QueryView = {
  hash: string
  key: readonly unknown[]
  isActive: boolean
  isFetching: boolean
  hasData: boolean
}

export type QueryChange =
  /** A fetch begins. `isMore`: it adds a page to what is there. */
  { type: 'fetch'; hash: string; isMore: boolean } | { type: 'success' | 'error' | 'removed' | 'mounted'; hash: string }

/** What the planner needs of a query cache. Implemented on TanStack Query in `@derm/react`. */
export interface QueryPort {
  list(): QueryView[]
  get(hash: string): QueryView | undefined
  /** Fetches again without cancelling a fetch that is under way. */
  fetch(hash: string): void
  /** Marks as stale, so that whoever shows it next fetches it. */
  invalidate(hash: string): void
  /** Ends a fetch under way, and keeps what was there before it. */
  cancel(hash: string): void
  /** Forgets the data at once; an active query starts anew. */
  forget(hash: string): void
  subscribe(listen: (change: QueryChange) => void): () => void
}
