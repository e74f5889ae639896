import type { Clock, Timer } from '../clock.ts'
import { toInterests, type CountGranted } from '../subscriber/channel-interests.ts'
import { interestKey, type TopicInterest } from '../subscriber/interest-registry.ts'
import { topicsOf, type Resource } from '@derm/contract'
import type { QueryReport } from '../freshness/refetch-decision.ts'
import { findWhy, isHeard, type Feeds, type Following, type Freshness, type Why } from './query-currency.ts'
import type { QueryPort, QueryView } from '../freshness/query-port.ts'

export type ShownOptions = {
  queries: QueryPort
  clock: Clock
  inspect(query: QueryView): QueryReport
  resourcesOf(key: readonly unknown[]): readonly Resource[]
  retain(interest: TopicInterest): () => void
  countGranted: CountGranted
  following(): Following
  /** What is shown, or how new it is, may have changed. */
  onChange(): void
}

/** A query that is not current for this time makes the whole view *delayed*; the first load of one that shows nothing yet. Milliseconds. */
const PATIENCE_MS = 3000
const LOADING_PATIENCE_MS = 8000

type Retained = Map<string, () => void>

/**
 * The queries that somebody shows. Each keeps itself subscribed: it retains the channels that its `As-Of` names, and all topics of its
 * resources as long as its answers do not say what feeds it. [INV20]
 */
export class ShownQueries {
  private readonly retained = new Map<string, Retained>()
  private readonly told = new Map<string, Freshness>()
  /** Queries that were read again since it was told how new they are. */
  private readonly renewed = new Set<string>()
  private readonly stop: () => void
  private soon: Timer | undefined
  private patience: Timer | undefined

  constructor(private readonly options: ShownOptions) {
    this.stop = options.queries.subscribe(({ type, hash }) => {
      if (type === 'success') this.renewed.add(hash)
      if (type === 'removed') for (const known of [this.told, this.renewed]) known.delete(hash)
      this.lookSoon()
    })
  }

  dispose(): void {
    this.stop()
    for (const timer of [this.soon, this.patience]) this.options.clock.clearTimeout(timer)
    for (const retained of this.retained.values()) for (const release of retained.values()) release()
    this.retained.clear()
  }

  /** Once for all that changes in the same tick. */
  lookSoon(): void {
    const { clock } = this.options
    this.soon ??= clock.setTimeout(() => {
      this.soon = undefined
      this.look()
    }, 0)
  }

  /** How new a query is; the same object while nothing has changed. */
  freshnessOf(hash: string): Freshness | undefined {
    const query = this.options.queries.get(hash)
    return query && this.freshness(query)
  }

  /** The channels that feed what is shown, by `<scope>/<topic>`. */
  channelKeys(): string[] {
    const { channelKeysOf } = this.options.following()
    const all = this.list().flatMap((query) => {
      const { channelKeys, interests } = this.feedsOf(query)
      return [...channelKeys, ...interests.flatMap(channelKeysOf)]
    })
    return [...new Set(all)]
  }

  /** Whether something that feeds what is shown is not subscribed. What shows nothing yet is not asked: it is being read. */
  hasUnfollowed(): boolean {
    const following = this.options.following()
    return this.list().some((query) => query.hasData && !isHeard(this.feedsOf(query), following))
  }

  isCurrent(): boolean {
    return this.list().every((query) => this.freshness(query).current)
  }

  /** The query that has not been current for longest, if its time of patience has passed. [INV22] */
  findOldest(): { since: number; why: Why } | undefined {
    const now = this.options.clock.now()
    const old = this.list()
      .map((query) => this.freshness(query))
      .filter((one) => !one.current)
      .filter((one) => now - one.since >= patienceOf(one.why))
    return old.toSorted((a, b) => a.since - b.since)[0]
  }

  private look(): void {
    const { clock, onChange } = this.options
    const shown = this.list()
    const hashes = new Set(shown.map(({ hash }) => hash))
    for (const query of shown) this.follow(query.hash, this.interestsOf(query))
    for (const hash of [...this.retained.keys()]) if (!hashes.has(hash)) this.follow(hash, [])
    onChange()
    clock.clearTimeout(this.patience)
    const waiting = shown
      .map((query) => this.freshness(query))
      .flatMap((one) => (one.current ? [] : [one.since + patienceOf(one.why) - clock.now()]))
      .filter((ms) => ms > 0)
    if (waiting.length > 0) this.patience = clock.setTimeout(() => this.look(), Math.min(...waiting))
  }

  /** Retains the new ones before it releases the old: what both cover is never let go. */
  private follow(hash: string, interests: readonly TopicInterest[]): void {
    const before = this.retained.get(hash) ?? new Map<string, () => void>()
    const after: Retained = new Map()
    for (const interest of interests) {
      const key = interestKey(interest)
      after.set(key, before.get(key) ?? this.options.retain(interest))
    }
    for (const [key, release] of before) if (!after.has(key)) release()
    if (after.size > 0) this.retained.set(hash, after)
    else this.retained.delete(hash)
  }

  private interestsOf(query: QueryView): TopicInterest[] {
    const { channelKeys, interests } = this.feedsOf(query)
    return [...toInterests(channelKeys, this.options.countGranted), ...interests]
  }

  private feedsOf(query: QueryView): Feeds {
    const { asOf, isPartial } = this.options.inspect(query).freshness
    const channelKeys = Object.keys(asOf ?? {})
    if (asOf && !isPartial) return { channelKeys, isWhole: true, interests: [] }
    const topics = new Set(this.options.resourcesOf(query.key).flatMap((resource) => topicsOf(resource)))
    return { channelKeys, isWhole: false, interests: [...topics].map((topic) => ({ topic })) }
  }

  private list(): QueryView[] {
    return this.options.queries.list().filter((query) => query.isActive && this.options.inspect(query).isOurs)
  }

  private freshness(query: QueryView): Freshness {
    const { clock, inspect, following } = this.options
    const told = this.told.get(query.hash)
    const report = inspect(query)
    const why = findWhy(query, report, this.feedsOf(query), following())
    // It shows all that was known when it was read: what it lacks has become known since then, however often that happens.
    const isNewlyStale = why === 'stale' && this.renewed.delete(query.hash) && report.freshness.setbacks === 0
    if (told && !isNewlyStale && (told.current ? !why : told.why === why)) return told
    const since = told && !told.current && !isNewlyStale ? told.since : clock.now()
    const now: Freshness = why ? { current: false, since, why } : { current: true }
    this.told.set(query.hash, now)
    return now
  }
}

const patienceOf = (why: Why) => (why === 'loading' ? LOADING_PATIENCE_MS : PATIENCE_MS)
