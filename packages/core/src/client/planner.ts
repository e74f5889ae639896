import {
  covers,
  oldestPositions,
  type EventEnvelope,
  type Position,
  type Positions,
  type Resource,
} from '@derm/contract'
import type { Clock, Random, Timer } from '../clock.ts'
import { Needs } from './needs.ts'
import type { QueryChange, QueryPort, QueryView } from './query-port.ts'

/** One fetch of one query: what its answers said of how new they are. */
export type Flight = {
  hash: string
  /** `undefined` until the first answer; `null` once an answer did not say. */
  asOf: Positions | null | undefined
  /** How many needs of unknown feeds had been raised when it began. */
  raisedAt: number
  /** What was known to exist when it began. */
  asked: Positions
  /** How often the query had been outdated when it began. */
  outdated: number
}

export type PlannerOptions = {
  queries: QueryPort
  clock: Clock
  random: Random
  /** Whether a query's key belongs to a resource. */
  resourcesOf(key: readonly unknown[]): readonly Resource[]
  /** What each event of the type touches. */
  touches(event: EventEnvelope): readonly Resource[]
  settings?: Partial<PlannerSettings>
  onRefetch?(query: QueryView): void
}

export type PlannerSettings = {
  /** At most one refetch of a query in so many milliseconds: the first at once, the last at the end. */
  windowMs: number
  /** How long a resync's refetches are spread. */
  resyncSpreadMs: number
  minDelayMs: number
  maxDelayMs: number
}
const SETTINGS: PlannerSettings = { windowMs: 250, resyncSpreadMs: 1000, minDelayMs: 100, maxDelayMs: 5000 }

type Plan = {
  asOf: Positions | null | undefined
  raisedAt: number
  flight?: Flight
  startedAt: number
  /** Fetches in a row whose answers were older than what was asked for. */
  lags: number
  timer?: Timer
  dueAt: number
  isInvalidated: boolean
  /** How often it became stale for another reason than a position, and how many of these its data reflects. */
  outdated: number
  reflected: number
}

/**
 * Keeps every cached query at least as new as what the client knows to exist. A query is stale while its `As-Of` is behind what is
 * needed of a channel that feeds it; a stale query is fetched, one fetch at a time, until it is not. [INV2]–[INV9]
 */
export class Planner {
  private readonly needs = new Needs()
  private readonly plans = new Map<string, Plan>()
  private readonly pending = new Map<Resource, number>()
  private readonly removed = new Set<string>()
  /** Counts needs, for queries whose answers say nothing of positions. */
  private readonly raised = new Map<Resource, number>()
  private readonly settings: PlannerSettings
  private readonly stop: () => void

  constructor(private readonly options: PlannerOptions) {
    this.settings = { ...SETTINGS, ...options.settings }
    this.stop = options.queries.subscribe((change) => this.observe(change))
  }

  dispose(): void {
    this.stop()
    this.clear()
  }

  /** Somebody else signed in: nothing of before counts. */
  clear(): void {
    for (const { timer } of this.plans.values()) this.options.clock.clearTimeout(timer)
    this.plans.clear()
    this.needs.clear()
    this.raised.clear()
    this.removed.clear()
  }

  noteEvent(event: EventEnvelope): void {
    const touches = this.options.touches(event)
    const delay = event.spreadMs ? this.options.random() * event.spreadMs : 0
    this.raise(event.channel, { epoch: event.epoch, seq: event.seq }, touches, delay)
  }

  /** A position that exists, its events unknown: a first subscription's, a write's. */
  notePosition(channel: string, position: Position, touches?: readonly Resource[]): void {
    this.raise(channel, position, touches, 0)
  }

  noteResync(channel: string, position: Position): void {
    this.raise(channel, position, undefined, this.options.random() * this.settings.resyncSpreadMs, true)
  }

  /** Channels that may not be seen any more: what they fed is forgotten at once, and what is on its way when it comes. [INV8] */
  removeChannels(channels: readonly string[]): void {
    for (const channel of channels) {
      const local = toLocal(channel)
      this.removed.add(local)
      this.needs.forget(local)
      for (const [hash, plan] of [...this.plans])
        if (plan.asOf?.[local] || plan.flight?.asOf?.[local]) {
          this.options.clock.clearTimeout(plan.timer)
          this.plans.delete(hash)
          this.options.queries.forget(hash)
        }
    }
  }

  /** Channels that may be seen from now on: answers of before lack what belongs to them, and do not say so. [INV10] */
  addChannels(): void {
    for (const query of this.options.queries.list()) {
      if (this.options.resourcesOf(query.key).length === 0) continue
      this.plan(query.hash).outdated++
      this.reconsider(query, this.options.random() * this.settings.resyncSpreadMs)
    }
  }

  /** While a change of a resource is on its way, its queries are not fetched: the answer would show what was before it. [INV6] */
  beginMutation(resource: Resource): (published: Record<string, Position>) => void {
    this.pending.set(resource, (this.pending.get(resource) ?? 0) + 1)
    for (const query of this.options.queries.list()) {
      if (!query.isFetching || !query.hasData || !this.options.resourcesOf(query.key).includes(resource)) continue
      this.options.queries.cancel(query.hash)
      const plan = this.plan(query.hash)
      // What was cancelled was wanted.
      plan.outdated++
      delete plan.flight
    }
    return (published) => {
      const count = (this.pending.get(resource) ?? 1) - 1
      if (count > 0) this.pending.set(resource, count)
      else this.pending.delete(resource)
      for (const [local, position] of Object.entries(published)) this.raise(local, position, [resource], 0)
      this.reconsiderAll(0)
    }
  }

  /** The flight that a query function's answers belong to. */
  flightOf(hash: string): Flight | undefined {
    return this.plans.get(hash)?.flight
  }

  /** `Min-As-Of`: what the next answer for a query must cover, as far as its feeds are known. */
  minAsOf(hash: string, key: readonly unknown[]): Positions {
    const resources = this.options.resourcesOf(key)
    const min: Positions = {}
    for (const local of Object.keys(this.plans.get(hash)?.asOf ?? {})) {
      const needed = this.needs.of(local, resources)
      if (needed) min[local] = needed
    }
    return min
  }

  /** An answer said how new it is; `null`: it did not. */
  noteAnswer(flight: Flight | undefined, positions: Positions | null): void {
    if (!flight || flight.asOf === null) return
    flight.asOf = positions === null ? null : oldestPositions(flight.asOf ?? {}, positions)
  }

  isStale(query: QueryView): boolean {
    const plan = this.plans.get(query.hash)
    const resources = this.options.resourcesOf(query.key)
    if (plan && plan.outdated > plan.reflected) return true
    if (!plan?.asOf) {
      // No positions at all (hydrated, or an answer without them): stale once anything of its resources has been heard of.
      const count = this.raisedCount(resources)
      return query.hasData && count > (plan?.raisedAt ?? 0)
    }
    return Object.entries(plan.asOf).some(([local, asOf]) => {
      const needed = this.needs.of(local, resources)
      return needed !== undefined && !covers(asOf, needed)
    })
  }

  private raise(
    channel: string,
    position: Position,
    touches: readonly Resource[] | undefined,
    delay: number,
    isResync = false,
  ): void {
    const local = toLocal(channel)
    this.removed.delete(local)
    if (!this.needs.raise(local, position, touches)) return
    for (const resource of touches ?? ['*' as Resource]) this.raised.set(resource, (this.raised.get(resource) ?? 0) + 1)
    this.reconsiderAll(delay, isResync)
  }

  private raisedCount(resources: readonly Resource[]): number {
    if (resources.length === 0) return 0
    return resources.reduce(
      (sum, resource) => sum + (this.raised.get(resource) ?? 0),
      this.raised.get('*' as Resource) ?? 0,
    )
  }

  private reconsiderAll(delay: number, isSpread = false): void {
    for (const query of this.options.queries.list())
      this.reconsider(query, isSpread ? delay * this.options.random() : delay)
  }

  private reconsider(query: QueryView, delay = 0): void {
    if (query.isFetching || !query.hasData || !this.isStale(query)) return
    const plan = this.plan(query.hash)
    if (this.options.resourcesOf(query.key).some((resource) => this.pending.has(resource))) return
    if (!query.isActive) {
      if (!plan.isInvalidated) this.options.queries.invalidate(query.hash)
      plan.isInvalidated = true
      return
    }
    const now = this.options.clock.now()
    const lag =
      plan.lags === 0
        ? 0
        : Math.min(this.settings.maxDelayMs, this.settings.minDelayMs * 2 ** plan.lags) *
          (0.5 + this.options.random() / 2)
    const dueAt = Math.max(now + delay, plan.startedAt + this.settings.windowMs, now + lag)
    if (plan.timer !== undefined && plan.dueAt <= dueAt) return
    this.options.clock.clearTimeout(plan.timer)
    delete plan.timer
    if (dueAt <= now) return this.run(query.hash)
    plan.dueAt = dueAt
    plan.timer = this.options.clock.setTimeout(() => {
      delete plan.timer
      this.run(query.hash)
    }, dueAt - now)
  }

  private run(hash: string): void {
    const query = this.options.queries.get(hash)
    if (!query || query.isFetching || !this.isStale(query)) return
    if (this.options.resourcesOf(query.key).some((resource) => this.pending.has(resource))) return
    if (!query.isActive) return this.options.queries.invalidate(hash)
    this.options.onRefetch?.(query)
    this.options.queries.fetch(hash)
  }

  private observe(change: QueryChange): void {
    const { hash } = change
    if (change.type === 'removed') {
      this.options.clock.clearTimeout(this.plans.get(hash)?.timer)
      this.plans.delete(hash)
      return
    }
    const query = this.options.queries.get(hash)
    if (!query) return
    const plan = this.plan(hash)
    switch (change.type) {
      case 'fetch':
        plan.startedAt = this.options.clock.now()
        plan.flight = {
          hash,
          asOf: change.isMore ? plan.asOf : undefined,
          raisedAt: this.raisedCount(this.options.resourcesOf(query.key)),
          asked: this.minAsOf(hash, query.key),
          outdated: plan.outdated,
        }
        return
      case 'success': {
        const { flight } = plan
        if (!flight) return
        delete plan.flight
        plan.asOf = flight.asOf ?? null
        plan.raisedAt = flight.raisedAt
        plan.reflected = flight.outdated
        plan.isInvalidated = false
        if (plan.asOf && Object.keys(plan.asOf).some((local) => this.removed.has(local))) {
          this.plans.delete(hash)
          return this.options.queries.forget(hash)
        }
        // Older than what was known when it was asked: the server lags, so do not press it.
        const isLagging =
          plan.asOf !== null &&
          Object.entries(flight.asked).some(([local, position]) => !covers(plan.asOf?.[local], position))
        plan.lags = isLagging ? plan.lags + 1 : 0
        return this.reconsider(query)
      }
      case 'error':
        delete plan.flight
        plan.lags++
        return this.reconsider(query)
      case 'mounted':
        return this.reconsider(query)
    }
  }

  private plan(hash: string): Plan {
    let plan = this.plans.get(hash)
    if (!plan) {
      plan = {
        asOf: undefined,
        raisedAt: 0,
        startedAt: -Infinity,
        lags: 0,
        dueAt: 0,
        isInvalidated: false,
        outdated: 0,
        reflected: 0,
      }
      this.plans.set(hash, plan)
    }
    return plan
  }
}

/** `<tenantId>/<scope>/<topic>` → `<scope>/<topic>`; a local name stays as it is. */
function toLocal(channel: string): string {
  const parts = channel.split('/')
  return parts.length === 3 ? `${parts[1]}/${parts[2]}` : channel
}
