import {
  MAX_HEADER_CHANNELS,
  covers,
  oldestPositions,
  toChannelKey,
  type EventEnvelope,
  type Position,
  type Positions,
  type Resource,
} from '@derm/contract'
import type { Clock, Random } from '../clock.ts'
import { Holds } from './holds.ts'
import { Needs } from './needs.ts'
import {
  createFlight,
  createFurtherFlight,
  createPlan,
  isForbidden,
  isLagging,
  type Flight,
  type Plan,
} from './plan.ts'
import type { QueryChange, QueryPort, QueryView } from './query-port.ts'

export type { Flight } from './plan.ts'

export type PlannerOptions = {
  queries: QueryPort
  clock: Clock
  random: Random
  /** Which resources a query shows, by its key. */
  resourcesOf(key: readonly unknown[]): readonly Resource[]
  /** What an event touches. */
  touches(event: EventEnvelope): readonly Resource[]
  settings?: Partial<PlannerSettings>
}

/** All in milliseconds. */
export type PlannerSettings = {
  /** At most one refetch of a query in so long: the first at once, the last at the end. */
  windowMs: number
  /** Over how long a resync's refetches are spread. */
  resyncSpreadMs: number
  /** Back-off after an answer that was too old, up to `maxDelayMs`; after an error, up to `maxErrorDelayMs`. */
  minDelayMs: number
  maxDelayMs: number
  maxErrorDelayMs: number
  /** How long a change that does not settle holds refetches back. */
  maxHoldMs: number
  /** How long a fetch that somebody cancelled is not repeated: they had a reason, a change of theirs for example. */
  afterCancelMs: number
}
const SETTINGS: PlannerSettings = {
  windowMs: 250,
  resyncSpreadMs: 1000,
  minDelayMs: 100,
  maxDelayMs: 5000,
  maxErrorDelayMs: 30_000,
  maxHoldMs: 15_000,
  afterCancelMs: 1000,
}

/** `delay`: not before so many milliseconds. `isPatient`: a moment that was set before stands. */
type Moment = { delay: number; isPatient: boolean }
const AT_ONCE: Moment = { delay: 0, isPatient: false }

/**
 * Keeps every cached query at least as new as what the client knows to exist. A query is stale while its `As-Of` is behind what is
 * needed of a channel that feeds it; a stale query is fetched, one fetch at a time, until it is not. [INV2]–[INV12]
 */
export class Planner {
  private readonly needs = new Needs()
  private readonly holds = new Holds()
  private readonly plans = new Map<string, Plan>()
  private readonly settings: PlannerSettings
  private readonly stop: () => void
  /** Rises when a connection is let go: who comes next may be somebody else. */
  private session = 0
  /** Whose channels were heard of last, and in which session first. */
  private tenant: { id: string; since: number } | undefined

  constructor(private readonly options: PlannerOptions) {
    this.settings = { ...SETTINGS, ...options.settings }
    this.stop = options.queries.subscribe((change) => this.observe(change))
  }

  dispose(): void {
    this.stop()
    for (const hash of [...this.plans.keys()]) this.drop(hash)
    this.needs.clear()
  }

  /** The connection was let go. What is known of data and positions stays true; what is asked from now on may be another person's. */
  endSession(): void {
    this.session++
  }

  noteEvent(event: EventEnvelope): void {
    const spreadMs = event.spreadMs ?? 0
    this.raise(event.channel, { epoch: event.epoch, seq: event.seq }, this.options.touches(event), spreadMs)
  }

  /** A position that exists, its events unknown: a first subscription's. */
  notePosition(channel: string, position: Position): void {
    this.raise(channel, position, undefined, 0)
  }

  noteResync(channel: string, position: Position): void {
    this.raise(channel, position, undefined, this.settings.resyncSpreadMs)
  }

  /** The way to the server is open again: what failed is not kept waiting. */
  noteReconnect(): void {
    for (const query of this.options.queries.list()) {
      const plan = this.plans.get(query.hash)
      if (!plan?.isFailing) continue
      if (!query.hasData) plan.outdated++
      plan.setbacks = 0
      plan.isFailing = false
      this.unschedule(plan)
      this.reconsider(query, this.drawMoment(this.settings.resyncSpreadMs))
    }
  }

  /** Channels that may not be seen any more: what they fed is forgotten at once, and what is on its way when it comes. [INV8] */
  removeChannels(channels: readonly string[]): void {
    const locals = channels.map(toChannelKey)
    for (const local of locals) this.needs.forget(local)
    for (const query of this.options.queries.list()) {
      const plan = this.plans.get(query.hash)
      for (const local of locals) plan?.flight?.removed.add(local)
      if (!query.hasData && !plan?.flight?.asOf) continue
      const isFed = locals.some((local) => plan?.asOf?.[local] || plan?.flight?.asOf?.[local])
      // Data that cannot say what feeds it may be fed by this.
      const isUnknown =
        query.hasData && (!plan?.asOf || plan.isPartial) && this.options.resourcesOf(query.key).length > 0
      if (isFed || isUnknown) this.forget(query.hash)
    }
    this.withdrawPlaceholders()
  }

  /** Channels that may be seen from now on: answers of before lack what belongs to them, and do not say so. [INV10] */
  addChannels(): void {
    for (const query of this.options.queries.list()) {
      const isFed = Object.keys(this.plans.get(query.hash)?.asOf ?? {}).length > 0
      if (!isFed && this.options.resourcesOf(query.key).length === 0) continue
      this.planOf(query.hash).outdated++
      this.reconsider(query, this.drawMoment(this.settings.resyncSpreadMs))
    }
  }

  /**
   * While a change of these resources is on its way, their queries are not fetched: the answers would show what was before it. [INV6]
   * @returns to be called once when it has settled, with the positions of its events.
   */
  beginMutation(resources: readonly Resource[]): (published: Positions) => void {
    const { clock, queries } = this.options
    const tenant = this.tenant?.id
    const hold = this.holds.begin(resources, clock.elapsed(), this.settings.maxHoldMs)
    const giveUp = clock.setTimeout(() => this.reconsiderAll(), hold.until - clock.elapsed())
    for (const query of queries.list()) {
      if (!query.isFetching || !query.hasData) continue
      if (!this.options.resourcesOf(query.key).some((resource) => resources.includes(resource))) continue
      const plan = this.planOf(query.hash)
      // Changes in a row must not keep a slow fetch from ever landing.
      plan.cancelledSince ??= clock.elapsed()
      if (clock.elapsed() - plan.cancelledSince >= this.settings.maxHoldMs) continue
      queries.cancel(query.hash)
      // What was cancelled was wanted.
      plan.outdated++
      delete plan.flight
    }
    return (published) => {
      clock.clearTimeout(giveUp)
      this.holds.end(hold)
      // Of another tenant by now: the names are the same there, the positions are not. [INV12]
      if (tenant === this.tenant?.id)
        for (const [local, position] of Object.entries(published)) this.needs.raise(local, position, resources)
      for (const query of queries.list())
        if (
          this.plans.get(query.hash)?.isHandWritten &&
          this.options.resourcesOf(query.key).some((one) => resources.includes(one))
        )
          this.planOf(query.hash).outdated++
      this.reconsiderAll()
    }
  }

  /** The flight that a query function's answers belong to. */
  flightOf(hash: string): Flight | undefined {
    return this.plans.get(hash)?.flight
  }

  /** `Min-As-Of`: what the next answer must cover and this one does not, as far as a header may hold it. The answer is looked at anyway. */
  minAsOf(hash: string, key: readonly unknown[]): Positions {
    const resources = this.options.resourcesOf(key)
    const min: Positions = {}
    for (const local of Object.keys(this.plans.get(hash)?.asOf ?? {})) {
      const needed = this.needs.of(local, resources)
      if (needed && !covers(this.plans.get(hash)?.asOf?.[local], needed)) min[local] = needed
      if (Object.keys(min).length >= MAX_HEADER_CHANNELS) break
    }
    return min
  }

  /** An answer said how new it is; `null`: it did not. */
  noteAnswer(flight: Flight | undefined, positions: Positions | null): void {
    // A further page of data that nobody can date does not date it.
    if (!flight || flight.asOf === null) return
    if (positions === null) flight.isPartial = true
    else flight.asOf = oldestPositions(flight.asOf ?? {}, positions)
  }

  isStale(query: QueryView): boolean {
    const plan = this.plans.get(query.hash)
    const resources = this.options.resourcesOf(query.key)
    if (plan?.isInterrupted) return true
    if (plan && plan.outdated > plan.reflected) return true
    // Nothing to compare (no data, hydrated data, an answer without positions): stale once anything of its resources is heard of. [INV9]
    if (plan?.isPartial && this.needs.countNews(resources) > plan.news) return true
    if (!plan?.asOf || !query.hasData) return this.needs.countNews(resources) > (plan?.news ?? 0)
    return Object.entries(plan.asOf).some(([local, asOf]) => {
      const needed = this.needs.of(local, resources)
      return needed !== undefined && !covers(asOf, needed)
    })
  }

  private raise(channel: string, position: Position, touches: readonly Resource[] | undefined, spreadMs: number): void {
    this.enterTenant(channel)
    if (!this.needs.raise(toChannelKey(channel), position, touches)) return
    for (const query of this.options.queries.list()) {
      const resources = this.options.resourcesOf(query.key)
      if (touches && resources.length > 0 && !resources.some((one) => touches.includes(one))) continue
      this.reconsider(query, spreadMs > 0 ? this.drawMoment(spreadMs) : AT_ONCE)
    }
  }

  /** The tenants' wall: what was read for another tenant is not kept, whoever forgot to empty the cache between them. [INV12] */
  private enterTenant(channel: string): void {
    const id = channel.slice(0, channel.indexOf('/'))
    const before = this.tenant
    if (id === before?.id) return
    this.tenant = { id, since: this.session }
    if (!before) return
    this.needs.clear()
    this.holds.clear()
    for (const query of this.options.queries.list()) {
      const plan = this.plans.get(query.hash)
      const isOfResources = this.options.resourcesOf(query.key).length > 0
      if (!isOfResources && plan?.asOf === undefined && !plan?.flight) continue
      const session = query.hasData ? plan?.session : plan?.flight?.session
      if (before.since === this.session || session !== this.session) this.forget(query.hash)
    }
    this.withdrawPlaceholders()
  }

  private reconsiderAll(spreadMs = 0): void {
    for (const query of this.options.queries.list())
      this.reconsider(query, spreadMs > 0 ? this.drawMoment(spreadMs) : AT_ONCE)
  }

  private drawMoment(spreadMs: number): Moment {
    return { delay: this.options.random() * spreadMs, isPatient: true }
  }

  private reconsider(query: QueryView, { delay, isPatient }: Moment = AT_ONCE): void {
    if (!this.isWanted(query)) return
    const plan = this.planOf(query.hash)
    if (!query.isActive) {
      if (!query.isMarked) this.options.queries.mark(query.hash)
      return
    }
    if (plan.timer !== undefined && isPatient) return
    const now = this.options.clock.elapsed()
    const dueAt = Math.max(now + delay, plan.startedAt + this.settings.windowMs, now + this.drawBackoff(plan))
    if (plan.timer !== undefined && plan.dueAt <= dueAt) return
    this.unschedule(plan)
    if (dueAt <= now) return this.run(query.hash)
    plan.dueAt = dueAt
    plan.timer = this.options.clock.setTimeout(() => {
      delete plan.timer
      this.run(query.hash)
    }, dueAt - now)
  }

  private run(hash: string): void {
    const query = this.options.queries.get(hash)
    if (!query || !this.isWanted(query)) return
    if (query.isActive) this.options.queries.fetch(hash)
    else this.options.queries.mark(hash)
  }

  private isWanted(query: QueryView): boolean {
    // One that has neither data nor failed has not begun: that is for whoever shows it to decide.
    const isBegun = query.hasData || query.hasFailed || this.plans.get(query.hash)?.isInterrupted
    if (query.isFetching || !isBegun || !this.isStale(query)) return false
    return !this.holds.isHeld(this.options.resourcesOf(query.key), this.options.clock.elapsed())
  }

  private drawBackoff({ setbacks, isFailing }: Plan): number {
    if (setbacks === 0) return 0
    const { minDelayMs, maxDelayMs, maxErrorDelayMs } = this.settings
    const ceiling = Math.min(isFailing ? maxErrorDelayMs : maxDelayMs, minDelayMs * 2 ** setbacks)
    return ceiling * (0.5 + this.options.random() / 2)
  }

  private observe(change: QueryChange): void {
    const { hash } = change
    if (change.type === 'removed') return this.drop(hash)
    const query = this.options.queries.get(hash)
    if (!query) return
    const plan = this.planOf(hash)
    switch (change.type) {
      case 'fetch':
        this.unschedule(plan)
        plan.startedAt = this.options.clock.elapsed()
        plan.isInterrupted = false
        plan.flight = change.isMore ? createFurtherFlight(plan) : this.depart(query, plan)
        if (query.hasData && this.holds.isHeld(this.options.resourcesOf(query.key), this.options.clock.elapsed())) {
          // Somebody else's fetch, by a second view or the window's focus; it cannot be cancelled before it has begun.
          plan.outdated++
          queueMicrotask(() => this.options.queries.cancel(hash))
        }
        return
      case 'success':
        return this.land(query, plan)
      case 'error':
        if (!query.hasData && plan.flight) {
          // An error is what is shown: it is as new as the fetch that it ended.
          plan.news = plan.flight.news
          plan.reflected = plan.flight.outdated
        }
        delete plan.flight
        plan.setbacks++
        plan.isFailing = true
        return this.reconsider(query)
      case 'put':
        plan.isHandWritten = true
        return
      case 'shown':
        return this.reconsider(query, { delay: 0, isPatient: true })
      case 'written': {
        if (query.isFetching) return
        const wasCancelled = plan.flight !== undefined
        delete plan.flight
        if (wasCancelled && !query.hasData) plan.isInterrupted = true
        if (wasCancelled) return this.reconsider(query, { delay: this.settings.afterCancelMs, isPatient: true })
        plan.asOf = undefined
        plan.news = 0
        return this.reconsider(query)
      }
    }
  }

  private depart({ hash, key }: QueryView, { outdated }: Plan): Flight {
    const news = this.needs.countNews(this.options.resourcesOf(key))
    return createFlight({ asked: this.minAsOf(hash, key), news, outdated, session: this.session })
  }

  private land(query: QueryView, plan: Plan): void {
    const { flight } = plan
    delete plan.flight
    plan.asOf = flight?.asOf
    plan.isHandWritten = false
    plan.cancelledSince = undefined
    plan.isPartial = flight?.isPartial ?? false
    plan.news = flight?.news ?? 0
    plan.session = flight?.session ?? -1
    plan.reflected = flight?.outdated ?? plan.reflected
    if (flight && isForbidden(flight, this.options.resourcesOf(query.key).length > 0)) {
      this.forget(query.hash)
      return this.withdrawPlaceholders()
    }
    // A server that lags is not pressed.
    plan.setbacks = flight && isLagging(flight) ? plan.setbacks + 1 : 0
    plan.isFailing = false
    this.reconsider(query)
  }

  private forget(hash: string): void {
    this.drop(hash)
    this.options.queries.forget(hash)
  }

  private withdrawPlaceholders(): void {
    this.options.queries.withdrawPlaceholders((key) => this.options.resourcesOf(key).length > 0)
  }

  private drop(hash: string): void {
    const plan = this.plans.get(hash)
    if (plan) this.unschedule(plan)
    this.plans.delete(hash)
  }

  private unschedule(plan: Plan): void {
    this.options.clock.clearTimeout(plan.timer)
    delete plan.timer
  }

  private planOf(hash: string): Plan {
    let plan = this.plans.get(hash)
    if (!plan) this.plans.set(hash, (plan = createPlan()))
    return plan
  }
}
