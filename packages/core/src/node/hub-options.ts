import type { ChannelName, Position } from '@derm/contract'
import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { EventLogReader } from '../event-log/event-log.ts'
import type { Prefix } from '../event-log/frame.ts'
import type { Verify } from '../event-log/signature.ts'

/** Why members were told to resync. */
export type ResyncReason = 'unknown_head' | 'epoch' | 'trimmed' | 'limit' | 'timeout' | 'tombstone'

/** What the hub tells whoever keeps the metrics. */
export type HubObserver = {
  delivered?(members: number, at: number): void
  gapFound?(how: 'sequence' | 'head' | 'break'): void
  repaired?(entries: number): void
  resynced?(reason: ResyncReason, members: number): void
  recovered?(outcome: 'live' | 'recovered' | 'resync', entries: number): void
  foreignMessage?(): void
}

export type HubSettings = {
  /** How long a join waits for the event log to learn a channel's head, and a gap for its repair. */
  waitMs: number
  retryMs: number
  /** How long a channel stays subscribed after its last member has left. */
  lingerMs: number
  checkMs: number
  /** The node is lagging when no comparison has found it in sync for this long. */
  laggingAfterMs: number
  /** What is on its way through pub/sub is not a gap yet. */
  graceMs: number
  ringEntries: number
  ringBytes: number
  /** A recovery or repair above these is a resync. */
  recoveryEntries: number
  recoveryBytes: number
  /** How many recoveries are made at a time: the others wait, fairly between tenants. */
  recoveryTurns: number
  /** How long what was read of history answers others too, and how much of it is kept. */
  reuseMs: number
  reuseBytes: number
}

export const HUB_SETTINGS: HubSettings = {
  waitMs: 5000,
  retryMs: 100,
  lingerMs: 5000,
  checkMs: 1000,
  laggingAfterMs: 4000,
  graceMs: 150,
  ringEntries: 256,
  ringBytes: 256 * 1024,
  recoveryEntries: 1000,
  recoveryBytes: 512 * 1024,
  recoveryTurns: 16,
  reuseMs: 2000,
  reuseBytes: 32 * 1024 * 1024,
}

export type HubOptions<Member> = {
  eventLog: EventLogReader
  /** Tells what the relays signed from what others wrote. */
  verify: Verify
  clock: Clock
  logger: Logger
  /** Whether access was confirmed a moment ago: without that, nothing is delivered. [SEC4] */
  isConfirmed(): boolean
  /** Confirms access now, after a break and before the first repair. */
  confirm(): Promise<void>
  /** Hands one event's ready frame to all members, in order. */
  deliver(channel: ChannelName, members: ReadonlySet<Member>, frame: string, prefix: Prefix): void
  resync(channel: ChannelName, members: ReadonlySet<Member>, position: Position): void
  observer?: HubObserver
  settings?: Partial<HubSettings>
}
