import type { EventEnvelope, Resource } from '@derm/contract'
import type { Clock, Random } from '../clock.ts'
import type { QueryPort } from './query-port.ts'

export type RefetchOptions = {
  queries: QueryPort
  clock: Clock
  random: Random
  /** Which resources a query shows, by its key. */
  resourcesOf(key: readonly unknown[]): readonly Resource[]
  /** Which resources an event makes stale. */
  invalidatedBy(event: EventEnvelope): readonly Resource[]
  /** A query may have become stale, or new. */
  onChange?: () => void
  settings?: Partial<RefetchSettings>
}

/** All in milliseconds. */
export type RefetchSettings = {
  /** A query is refetched at most once per window: the first event at once, the last one at the window's end. */
  windowMs: number
  /** The refetches of a resync are spread over this time. */
  resyncSpreadMs: number
  /** Back-off after an answer that was too old, up to `maxDelayMs`; after an error, up to `maxErrorDelayMs`. */
  minDelayMs: number
  maxDelayMs: number
  maxErrorDelayMs: number
  /** What failed for no reason of its own is asked for again after this time, though nothing new is known. */
  afterFailureMs: number
  /** A mutation that does not settle holds refetches back for this time at most. */
  maxMutationMs: number
  /** A fetch that somebody cancelled is not repeated before this time: a mutation of theirs may be the reason. */
  afterCancelMs: number
}

export const DEFAULT_SETTINGS: RefetchSettings = {
  windowMs: 250,
  resyncSpreadMs: 1000,
  minDelayMs: 100,
  maxDelayMs: 5000,
  maxErrorDelayMs: 15_000,
  afterFailureMs: 2000,
  maxMutationMs: 15_000,
  afterCancelMs: 1000,
}
