import { MAX_HEADER_CHANNELS, covers, type Positions, type Resource } from '@derm/contract'
import type { KnownPositions } from './known-positions.ts'
import type { QueryFreshness } from './query-freshness.ts'
import type { QueryView } from './query-port.ts'

/** Whether a query's data is older than what is known to exist. [INV2] */
export function isStale(
  { hasData }: QueryView,
  freshness: QueryFreshness,
  resources: readonly Resource[],
  known: KnownPositions,
): boolean {
  const { phase, asOf, isPartial, news } = freshness
  if (phase === 'interrupted' || freshness.invalidations > freshness.reflected) return true
  const hasNews = () => known.countNews(resources) > news
  if (isPartial && hasNews()) return true
  // Nothing to compare (no data, hydrated data, an answer without positions): stale once anything of its resources is heard of. [INV9]
  if (!asOf || !hasData) return hasNews()
  return Object.entries(asOf).some(([channelKey, position]) => {
    const newest = known.newestOf(channelKey, resources)
    return newest !== undefined && !covers(position, newest)
  })
}

/** What the next answer must cover and the data does not, as far as the `Min-As-Of` header may hold it. */
export function findMissing(asOf: QueryFreshness['asOf'], resources: readonly Resource[], known: KnownPositions) {
  const missing: Positions = {}
  for (const [channelKey, position] of Object.entries(asOf ?? {})) {
    const newest = known.newestOf(channelKey, resources)
    if (newest && !covers(position, newest)) missing[channelKey] = newest
    if (Object.keys(missing).length >= MAX_HEADER_CHANNELS) break
  }
  return missing
}

/** Whether one of these channels feeds the query's data, or may: data that cannot say what feeds it may be fed by any. [INV8] */
export function mayBeFedBy(
  channelKeys: readonly string[],
  { hasData }: QueryView,
  { asOf, isPartial, attempt }: QueryFreshness,
  resources: readonly Resource[],
): boolean {
  if (!hasData && !attempt?.asOf) return false
  if (channelKeys.some((channelKey) => asOf?.[channelKey] || attempt?.asOf?.[channelKey])) return true
  return hasData && (!asOf || isPartial) && resources.length > 0
}
