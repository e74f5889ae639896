import type { QueryView } from '../freshness/query-port.ts'
import type { TopicInterest } from '../subscriber/interest-registry.ts'
import { isWorthAnotherTry, type QueryReport } from '../freshness/refetch-decision.ts'

/**
 * Why what a query shows may be old.
 *
 * - `loading`: there is nothing to show yet. `failing`: it could not be read, or not again.
 * - `stale`: something newer is known, and its read is under way. `saving`: that read waits for a mutation of its own resources.
 * - `paused`: the browser takes itself for offline. `disconnected`: there is no connection to a node. `delayed`: the node lags.
 * - `unfollowed`: one of its channels is not subscribed: not yet, or denied. Or its data does not say what feeds it, and one of its topics is not.
 */
export type Why = 'loading' | 'failing' | 'stale' | 'saving' | 'paused' | 'disconnected' | 'delayed' | 'unfollowed'

/** `since`: milliseconds since 1970. */
export type Freshness = { current: true } | { current: false; since: number; why: Why }

/** What keeps a query new from outside: the connection, and the subscriptions of its channels. */
export type Following = {
  broken: Why | undefined
  isFollowed(channelKey: string): boolean
  /** Whether an interest is subscribed and no part of it denied. */
  isServed(interest: TopicInterest): boolean
  /** The channels of an interest that are known, by `<scope>/<topic>`. */
  channelKeysOf(interest: TopicInterest): string[]
}

/** What feeds a query: the channels that its `As-Of` names and, where that does not name all, the topics of its resources. */
export type Feeds = { channelKeys: readonly string[]; isWhole: boolean; interests: readonly TopicInterest[] }

/** Whether all that may change a query's data is heard. What is below no resource and names no channel is fed by none that is known. [INV28] */
export function isHeard({ channelKeys, isWhole, interests }: Feeds, { isFollowed, isServed }: Following): boolean {
  if (!channelKeys.every(isFollowed)) return false
  return isWhole || interests.every(isServed)
}

/** Why a query is not current; `undefined` when it is. [INV21] */
export function findWhy(query: QueryView, report: QueryReport, feeds: Feeds, following: Following): Why | undefined {
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
  return isHeard(feeds, following) ? undefined : 'unfollowed'
}
