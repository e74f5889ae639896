import type { QueryFreshness } from './query-freshness.ts'
import type { QueryView } from './query-port.ts'
import { isWorthAnotherTry } from './refetch-decision.ts'

/**
 * Why what a query shows may be old.
 *
 * - `loading`: there is nothing to show yet. `failing`: it could not be read, or not again.
 * - `stale`: something newer is known, and its read is under way. `held`: a mutation of its own resources holds that read back.
 * - `paused`: the browser takes itself for offline. `disconnected`: there is no connection to a node. `delayed`: the node lags.
 * - `unfollowed`: one of its channels is not subscribed: not yet, or denied.
 */
export type Why = 'loading' | 'failing' | 'stale' | 'held' | 'paused' | 'disconnected' | 'delayed' | 'unfollowed'

/** `since`: milliseconds since 1970. */
export type Freshness = { current: true } | { current: false; since: number; why: Why }

/** What the refetch scheduler knows of one query. `isOurs`: its answers say how new they are, or its key names what it shows. */
export type QueryReport = { freshness: QueryFreshness; isStale: boolean; isHeld: boolean; isOurs: boolean }

/** What keeps a query new from outside: the connection, and the subscriptions of its channels. */
export type Following = { broken: Why | undefined; isFollowed(channelKey: string): boolean }

/** Why a query is not current; `undefined` when it is. [INV21] */
export function findWhy(query: QueryView, report: QueryReport, following: Following): Why | undefined {
  const { freshness, isStale, isHeld } = report
  const isFailing = query.hasFailed || query.isRetrying || freshness.isFailing
  if (!query.hasData) {
    // What was refused for good is an answer. Nothing old is shown.
    if (query.hasFailed && !isWorthAnotherTry(query)) return undefined
    return isFailing ? 'failing' : 'loading'
  }
  if (isFailing) return 'failing'
  if (isStale) return isHeld ? 'held' : 'stale'
  if (following.broken) return following.broken
  return Object.keys(freshness.asOf ?? {}).every(following.isFollowed) ? undefined : 'unfollowed'
}
