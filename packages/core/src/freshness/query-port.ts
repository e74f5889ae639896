import type { ClientAction } from '@derm/contract'

/**
 * A cached query, as the refetch scheduler sees it. `isActive`: somebody shows it. `isFetching`: a fetch is under way, or waits for the network.
 * `isRetrying`: one of its tries has failed. `hasFailed`: its last fetch ended in an error, `failure` says what to do about that.
 * `isMarked`: whoever shows it next fetches it.
 */
export type QueryView = {
  hash: string
  key: readonly unknown[]
  isActive: boolean
  isFetching: boolean
  hasData: boolean
  isRetrying: boolean
  hasFailed: boolean
  failure: ClientAction | undefined
  isMarked: boolean
}

export type QueryChange =
  /** A fetch begins. `isMore`: it adds a page to what is there. */
  | { type: 'fetch'; hash: string; isMore: boolean }
  | { type: 'success' | 'error' | 'removed'; hash: string }
  /** Data was put into it by hand: `setQueryData`. */
  | { type: 'put'; hash: string }
  /** Somebody shows it now, or shows it with other options. */
  | { type: 'shown'; hash: string }
  /** Somebody shows it no longer. */
  | { type: 'hidden'; hash: string }
  /** A try of the fetch under way has failed, and another follows. */
  | { type: 'retry'; hash: string }
  /** Its state was written, not fetched: a fetch was cancelled, or data came from elsewhere (hydration). Not for `setQueryData`. */
  | { type: 'written'; hash: string }

/** What the refetch scheduler needs of a query cache. `@derm/react` implements it on TanStack Query. */
export interface QueryPort {
  list(): QueryView[]
  get(hash: string): QueryView | undefined
  /** Fetches again without cancelling a fetch that is under way. */
  fetch(hash: string): void
  /** Marks as stale, so that whoever shows it next fetches it. */
  mark(hash: string): void
  /** Ends a fetch under way, and keeps what was there before it. */
  cancel(hash: string): void
  /** Forgets the data at once; an active query starts anew. */
  forget(hash: string): void
  /**
   * Shows nothing any more that was taken over from data of another query, for the queries whose keys `isMeant` says: what it came from may
   * be forgotten, or have left the cache before.
   */
  withdrawPlaceholders(isMeant: (key: readonly unknown[]) => boolean): void
  subscribe(listen: (change: QueryChange) => void): () => void
}
