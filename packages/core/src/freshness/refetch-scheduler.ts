import { toChannelKey, type EventEnvelope, type Position, type Positions, type Resource } from '@derm/contract'
import { FetchAttempt } from './fetch-attempt.ts'
import { KnownPositions } from './known-positions.ts'
import { PendingMutations } from './pending-mutations.ts'
import {
  UNKNOWN_FRESHNESS,
  createFurtherAttempt,
  reduceFreshness,
  type FreshnessEvent,
  type QueryFreshness,
} from './query-freshness.ts'
import type { QueryChange, QueryView } from './query-port.ts'
import { isWorthAnotherTry, mayRefetch, type QueryReport } from './refetch-decision.ts'
import { DEFAULT_SETTINGS, type RefetchOptions, type RefetchSettings } from './refetch-options.ts'
import { AT_ONCE, RefetchTimers, UNLESS_SET, patiently, type Moment } from './refetch-timers.ts'
import { findMissing, isStale, mayBeFedBy } from './staleness.ts'
import { TenantGuard } from './tenant-guard.ts'

/**
 * Keeps every cached query at least as new as what the client knows to exist. A query is stale while its `As-Of` is behind the newest
 * known position of a channel that feeds it. A stale query is fetched, one fetch at a time, until it is not. [INV2]–[INV14]
 */
export class RefetchScheduler {
  private readonly known = new KnownPositions(() => this.options.clock.now())
  private readonly mutations = new PendingMutations()
  private readonly tenant = new TenantGuard()
  private readonly freshness = new Map<string, QueryFreshness>()
  private readonly settings: RefetchSettings
  private readonly timers: RefetchTimers
  private readonly stop: () => void

  constructor(private readonly options: RefetchOptions) {
    this.settings = { ...DEFAULT_SETTINGS, ...options.settings }
    this.timers = new RefetchTimers(options.clock, options.random, this.settings, (hash) => this.refetch(hash))
    this.stop = options.queries.subscribe((change) => this.observe(change))
  }

  dispose(): void {
    this.stop()
    this.timers.end()
    this.freshness.clear()
    this.known.clear()
  }

  /** The connection was let go. What is known of data and positions stays true. What is asked from now on may be another person's. */
  endSession(): void {
    this.tenant.endSession()
  }

  noteEvent(event: EventEnvelope): void {
    const { channel, epoch, seq, spreadMs = 0 } = event
    this.raise(channel, { epoch, seq }, this.options.invalidatedBy(event), spreadMs)
  }

  /** A position that exists, its events unknown: a first subscription's. */
  notePosition(channel: string, position: Position): void {
    this.raise(channel, position, undefined, 0)
  }

  noteResync(channel: string, position: Position): void {
    this.raise(channel, position, undefined, this.settings.resyncSpreadMs)
  }

  /** The way to the server is open again: what failed does not wait any longer. */
  noteReconnect(): void {
    for (const query of this.options.queries.list()) {
      if (!this.of(query.hash).isFailing) continue
      this.reduce(query.hash, { type: 'reconnected', hasData: query.hasData })
      this.timers.cancel(query.hash)
      this.scheduleIfStale(query, this.timers.drawMoment(this.settings.resyncSpreadMs))
    }
  }

  /** Channels that may not be seen any more: what they fed is forgotten at once, and what is on its way when it comes. [INV8] */
  removeChannels(channelKeys: readonly string[]): void {
    for (const channelKey of channelKeys) this.known.forget(channelKey)
    for (const query of this.options.queries.list()) {
      const freshness = this.of(query.hash)
      freshness.attempt?.noteRemoved(channelKeys)
      if (mayBeFedBy(channelKeys, query, freshness, this.resourcesOf(query))) this.forget(query.hash)
    }
    this.withdrawPlaceholders()
  }

  /** Channels that may be seen from now on: answers of before lack what belongs to them, and do not say so. [INV10] */
  addChannels(): void {
    for (const query of this.options.queries.list()) {
      const isFed = Object.keys(this.of(query.hash).asOf ?? {}).length > 0
      if (!isFed && this.resourcesOf(query).length === 0) continue
      this.reduce(query.hash, { type: 'invalidated' })
      this.scheduleIfStale(query, this.timers.drawMoment(this.settings.resyncSpreadMs))
    }
  }

  /**
   * While a mutation of these resources is pending, their queries are not fetched: the answers would show what was before it. [INV6]
   * @returns to be called once when it has settled, with the positions of its events.
   */
  beginMutation(resources: readonly Resource[]): (published: Positions) => void {
    const { clock } = this.options
    const { tenantId } = this.tenant
    const mutation = this.mutations.begin(resources, clock.elapsed(), this.settings.maxMutationMs)
    const giveUp = clock.setTimeout(() => this.scheduleAll(), mutation.until - clock.elapsed())
    for (const query of this.showing(resources)) if (query.isFetching && query.hasData) this.withdrawFetch(query)
    return (published) => {
      clock.clearTimeout(giveUp)
      this.mutations.end(mutation)
      // Another tenant's channels have the same names, and other positions. [INV12]
      if (tenantId === this.tenant.tenantId)
        for (const [channelKey, position] of Object.entries(published))
          this.known.raise(channelKey, position, resources)
      for (const { hash } of this.showing(resources))
        if (this.of(hash).isHandWritten) this.reduce(hash, { type: 'invalidated' })
      this.scheduleAll()
    }
  }

  /** The fetch attempt that the answers of a query function belong to, if `live` has wrapped it. */
  attemptOf(hash: string): FetchAttempt | undefined {
    const { attempt } = this.of(hash)
    if (attempt) attempt.isLive = true
    return attempt
  }

  /** How old a query is, as far as anybody knows. */
  inspect(query: QueryView): QueryReport {
    const freshness = this.of(query.hash)
    const resources = this.resourcesOf(query)
    return {
      freshness,
      isStale: isStale(query, freshness, resources, this.known),
      isMutating: this.isMutating(resources),
      isOurs: resources.length > 0 || freshness.isLive || Boolean(freshness.attempt?.isLive),
    }
  }

  /** `Min-As-Of`: what the next answer must cover. The answer is looked at all the same. */
  minAsOf(hash: string, key: readonly unknown[]): Positions {
    return findMissing(this.of(hash).asOf, this.options.resourcesOf(key), this.known)
  }

  private raise(
    channel: string,
    position: Position,
    resources: readonly Resource[] | undefined,
    spreadMs: number,
  ): void {
    this.enterTenant(channel)
    if (!this.known.raise(toChannelKey(channel), position, resources)) return
    this.options.onChange?.()
    for (const query of this.options.queries.list()) {
      const shown = this.resourcesOf(query)
      if (resources && shown.length > 0 && !shown.some((one) => resources.includes(one))) continue
      this.scheduleIfStale(query, spreadMs > 0 ? this.timers.drawMoment(spreadMs) : AT_ONCE)
    }
  }

  /** What was read for another tenant is not kept. [INV12] */
  private enterTenant(channel: string): void {
    const change = this.tenant.enter(channel)
    if (!change) return
    this.known.clear()
    this.mutations.clear()
    for (const query of this.options.queries.list()) {
      const { asOf, attempt, session } = this.of(query.hash)
      if (this.resourcesOf(query).length === 0 && asOf === undefined && !attempt) continue
      if (!change.isOfNewTenant(query.hasData ? session : attempt?.start.session)) this.forget(query.hash)
    }
    this.withdrawPlaceholders()
  }

  private withdrawFetch({ hash }: QueryView): void {
    const now = this.options.clock.elapsed()
    const { cancelledSince = now } = this.of(hash)
    // Mutations in a row must not keep a slow fetch from ever ending.
    if (now - cancelledSince >= this.settings.maxMutationMs) return
    this.options.queries.cancel(hash)
    this.reduce(hash, { type: 'withdrawn', at: now })
  }

  private scheduleAll(): void {
    this.options.onChange?.()
    for (const query of this.options.queries.list()) this.scheduleIfStale(query, AT_ONCE)
  }

  private scheduleIfStale(query: QueryView, moment: Moment): void {
    if (!this.mayRefetch(query)) return
    if (query.isActive) this.timers.set(query.hash, moment, this.of(query.hash))
    else if (!query.isMarked) this.options.queries.mark(query.hash)
  }

  private refetch(hash: string): void {
    const query = this.options.queries.get(hash)
    if (!query || !this.mayRefetch(query)) return
    if (query.isActive) this.options.queries.fetch(hash)
    else this.options.queries.mark(hash)
  }

  private mayRefetch(query: QueryView): boolean {
    return mayRefetch(query, this.inspect(query), this.known.version)
  }

  private observe(change: QueryChange): void {
    const { hash } = change
    if (change.type === 'removed') return this.drop(hash)
    const query = this.options.queries.get(hash)
    if (!query || change.type === 'hidden' || change.type === 'retry') return
    switch (change.type) {
      case 'fetch':
        return this.onFetchStart(query, change.isMore)
      case 'success':
        return this.onFetchSuccess(query)
      case 'error':
        return this.onFetchError(query)
      case 'put':
        return this.reduce(hash, { type: 'put' })
      case 'shown':
        return this.scheduleIfStale(query, query.hasFailed ? patiently(this.settings.afterFailureMs) : UNLESS_SET)
      case 'written': {
        if (query.isFetching) return
        const wasFetching = this.of(hash).phase === 'fetching'
        this.reduce(hash, { type: 'written', hasData: query.hasData })
        return this.scheduleIfStale(query, wasFetching ? patiently(this.settings.afterCancelMs) : AT_ONCE)
      }
    }
  }

  private onFetchError(query: QueryView): void {
    const { hash, hasData } = query
    const refusedAt = isWorthAnotherTry(query) ? undefined : this.known.version + this.of(hash).invalidations
    this.reduce(hash, { type: 'fetchError', hasData, refusedAt })
    this.scheduleIfStale(query, this.inspect(query).isStale ? AT_ONCE : patiently(this.settings.afterFailureMs))
  }

  private onFetchStart(query: QueryView, isMore: boolean): void {
    const { hash } = query
    this.timers.noteFetchStart(hash)
    const resources = this.resourcesOf(query)
    const freshness = this.of(hash)
    const attempt = isMore
      ? createFurtherAttempt(freshness)
      : new FetchAttempt({
          minAsOf: this.minAsOf(hash, query.key),
          news: this.known.countNews(resources),
          invalidations: freshness.invalidations,
          session: this.tenant.session,
        })
    this.reduce(hash, { type: 'fetchStart', attempt })
    if (!query.hasData || !this.isMutating(resources)) return
    // Somebody else's fetch, by a second view or the window's focus. It cannot be cancelled before it has begun.
    this.reduce(hash, { type: 'invalidated' })
    queueMicrotask(() => this.options.queries.cancel(hash))
  }

  private onFetchSuccess(query: QueryView): void {
    const { attempt } = this.of(query.hash)
    if (attempt?.mayHoldRemoved(this.resourcesOf(query).length > 0)) {
      this.forget(query.hash)
      return this.withdrawPlaceholders()
    }
    this.reduce(query.hash, { type: 'fetchSuccess' })
    this.scheduleIfStale(query, AT_ONCE)
  }

  private isMutating(resources: readonly Resource[]): boolean {
    return this.mutations.isPending(resources, this.options.clock.elapsed())
  }

  private resourcesOf({ key }: QueryView): readonly Resource[] {
    return this.options.resourcesOf(key)
  }

  private showing(resources: readonly Resource[]): QueryView[] {
    return this.options.queries.list().filter((query) => this.resourcesOf(query).some((one) => resources.includes(one)))
  }

  private of(hash: string): QueryFreshness {
    return this.freshness.get(hash) ?? UNKNOWN_FRESHNESS
  }

  private reduce(hash: string, event: FreshnessEvent): void {
    this.freshness.set(hash, reduceFreshness(this.of(hash), event))
    this.options.onChange?.()
  }

  private forget(hash: string): void {
    this.drop(hash)
    this.options.queries.forget(hash)
  }

  private withdrawPlaceholders(): void {
    this.options.queries.withdrawPlaceholders((key) => this.options.resourcesOf(key).length > 0)
  }

  private drop(hash: string): void {
    this.timers.forget(hash)
    this.freshness.delete(hash)
  }
}
