import type { QueryFreshness } from './query-freshness.ts'
import type { QueryView } from './query-port.ts'

/**
 * What is known of one query. `isMutating`: a mutation of its resources is pending. `isOurs`: its answers say how new they are, or its key names
 * what it shows.
 */
export type QueryReport = { freshness: QueryFreshness; isStale: boolean; isMutating: boolean; isOurs: boolean }

/** Whether the same request may succeed later, without a change of anything else. [INV24] */
export function isWorthAnotherTry({ failure }: QueryView): boolean {
  return failure === undefined || failure === 'backoff' || failure === 'refresh'
}

/** Whether a query is to be fetched. `news`: rises whenever something new is heard of, of anything. */
export function mayRefetch(query: QueryView, report: QueryReport, news: number): boolean {
  const { freshness, isStale, isMutating, isOurs } = report
  // A query that has neither data nor failed has not begun: whoever shows it decides when it does.
  const hasBegun = query.hasData || query.hasFailed || freshness.phase === 'interrupted'
  if (query.isFetching || !hasBegun || isMutating) return false
  if (!query.hasFailed) return isStale
  // What was refused for a reason of its own is refused again, until something has changed.
  if (!isWorthAnotherTry(query)) return isStale && freshness.refusedAt !== news + freshness.invalidations
  // What failed for none is right again by itself, though nothing newer is known.
  return isStale || (query.isActive && isOurs)
}
