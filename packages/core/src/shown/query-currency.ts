import type { QueryView } from '../freshness/query-port.ts'
import { isWorthAnotherTry, type QueryReport } from '../freshness/refetch-decision.ts'

/**
 * Why what a query shows may be old.
 *
 * - `loading`: there is nothing to show yet. `failing`: it could not be read, or not again.
 * - `stale`: something newer is known, and its read is under way. `saving`: that read waits for a mutation of its own resources.
 * - `paused`: the browser takes itself for offline. `disconnected`: there is no connection to a node. `delayed`: the node lags.
 * - `unfollowed`: one of its channels is not subscribed: not yet, or denied.
 */
export type Why = 'loading' | 'failing' | 'stale' | 'saving' | 'paused' | 'disconnected' | 'delayed' | 'unfollowed'

/** `since`: milliseconds since 1970. */
export type Freshness = { current: true } | { current: false; since: number; why: Why }

/** What keeps a query new from outside: the connection, and the subscriptions of its channels. */
export type Following = { broken: Why | undefined; isFollowed(channelKey: string): boolean }

/** Why a query is not current; `undefined` when it is. [INV21] */
export function findWhy(query: QueryView, report: QueryReport, following: Following): Why | undefined {
  const { freshness, isStale, isMutating } = report
  const isFailing = query.hasFailed || query.isRetrying || freshness.isFailing
  if (!query.hasData) {
    // What was refused for good is an answer. Nothing old is shown.
    if (query.hasFailed && !isWorthAnotherTry(query)) return undefined
    return isFailing ? 'failing' : 'loading'
  }
  if (isFailing) return 'failing'
  if (isStale) return isMutating ? 'saving' : 'stale'
  if (following.broken) return following.broken
  return Object.keys(freshness.asOf ?? {}).every(following.isFollowed) ? undefined : 'unfollowed'
}
