import type { ChannelName } from '@derm/contract'
import type { Clock, Random } from '../clock.ts'
import type { FailureReason } from '../failure-reason.ts'
import type { Logger } from '../logger.ts'
import type { EventLogWriter } from '../event-log/event-log.ts'
import { MAX_ENTRY_LENGTH } from '../event-log/frame.ts'
import type { Sign } from '../event-log/signature.ts'
import type { OutboxRow } from '../event-log/outbox-row.ts'
import type { RelayStore } from './relay-store.ts'

/** What a relay does, as failures are counted by it. */
export type RelayPart = 'drain' | 'verify' | 'poll'

/** What the relay tells whoever keeps the metrics. */
export type RelayObserver = {
  published?(rows: readonly OutboxRow[], now: number): void
  refilled?(entries: number, reason: string): void
  /** A channel was refilled again and again, and now waits before the next time. */
  refillHeld?(channel: ChannelName): void
  tombstoned?(channel: ChannelName): void
  /** `null`: every channel. */
  epochStarted?(channel: ChannelName | null, reason: string): void
  failed?(part: RelayPart, reason: FailureReason): void
}

export type RelaySettings = {
  /** Rows read and published at a time; with `maxBatches` it bounds a transaction, and stays well below the log's length. */
  batchRows: number
  maxBatches: number
  /** Entries above this many characters are poison: every node would have to carry them. Not above `MAX_ENTRY_LENGTH`, which readers take. */
  maxEntryBytes: number
  /** Entries that a refill brings back at most. */
  refillEntries: number
  pollMs: number
  /** How often channels that changed within `recentMs` are compared with the event log, and how often all are. */
  verifyRecentMs: number
  recentMs: number
  verifyAllMs: number
  /** A check waits for the lock of a shard that was not found in sync for this long. One relay may follow another without a pause. */
  verifyOverdueMs: number
  /**
   * How often a relay renews the caught-up lease, and for how long the lease is good. A relay renews it only while no pending event is older
   * than `leaseMaxPendingMs`, and each shard was found in sync within `leaseMaxCheckAgeMs`.
   */
  leaseRenewMs: number
  leaseMs: number
  leaseMaxPendingMs: number
  leaseMaxCheckAgeMs: number
  /** A channel may be refilled this often without a pause; each further time within a minute doubles the pause before the next, up to `maxRefillPauseMs`. */
  refillsWithoutPause: number
  refillPauseMs: number
  maxRefillPauseMs: number
  /** After this many rejections a tombstone takes an event's place. */
  tries: number
  /** How long the circuit breaker is open after the first failure. Each further failure doubles it, up to `maxBreakMs`. */
  breakMs: number
  maxBreakMs: number
}

export const RELAY_SETTINGS: RelaySettings = {
  batchRows: 250,
  maxBatches: 3,
  maxEntryBytes: MAX_ENTRY_LENGTH,
  refillEntries: 1000,
  pollMs: 250,
  verifyRecentMs: 1000,
  recentMs: 10_000,
  verifyAllMs: 5000,
  verifyOverdueMs: 6000,
  leaseRenewMs: 1000,
  leaseMs: 2500,
  leaseMaxPendingMs: 2000,
  leaseMaxCheckAgeMs: 15_000,
  refillsWithoutPause: 8,
  refillPauseMs: 1000,
  maxRefillPauseMs: 30_000,
  tries: 5,
  breakMs: 100,
  maxBreakMs: 2000,
}

export type RelayOptions = {
  store: RelayStore
  eventLog: EventLogWriter & { serverIdentity?(): Promise<string> }
  sign: Sign
  clock: Clock
  random: Random
  logger: Logger
  observer?: RelayObserver
  settings?: Partial<RelaySettings>
  /** Where a test stops a relay: after the log has the rows, before Postgres says so. */
  afterPublish?: (rows: readonly OutboxRow[]) => Promise<void>
}
