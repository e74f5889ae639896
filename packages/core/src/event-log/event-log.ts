import type { ChannelName, Position } from '@derm/contract'

/**
 * The event log: per channel a bounded history and a head, and the publishing of what is appended. It is a cache of Postgres that may
 * lose anything at any moment, what it acknowledged included; it never invents, reorders or leaves a gap.
 *
 * Terms. *head*: a channel's newest (epoch, seq) here; `null` when the log does not know the channel (never seen,
 * flushed, evicted). *base*: the position just before the oldest entry that a refill brings. *bytes*: the stored and
 * published form of an entry, see `frame.ts`; equal wherever the entry appears.
 *
 * Two implementations, one contract suite (`event-log-suite.ts`): in memory, the reference and the fuzz's; on Redis.
 */
export type LogEntry = { id: string; epoch: string; seq: number; bytes: string }

/** Entries of one channel and epoch, their `seq` ascending without gaps. */
export type ChannelBatch = { channel: ChannelName; entries: readonly LogEntry[] }

export type AppendResult =
  /** All are in the log: `appended` of them now, the others already with the same epoch, seq and id. */
  | { ok: true; appended: number; head: Position }
  /**
   * - `unknown`: no head, and the first entry is not seq 1 → refill. - `gap`: the head is before `entries[0].seq - 1` → refill.
   * - `new_epoch`: the entries' epoch is later than the head's → refill, which replaces the history.
   * - `stale_epoch`: the head's epoch is later: this writer is behind the times and must not publish.
   * - `conflict`: another id stands at one of these seqs → a new epoch is due.
   * - `unverifiable`: at or below the head, but trimmed, so that the id cannot be compared.
   * - `rejected`: the server refused this channel's entries (too large, say); the others are not concerned.
   */
  | {
      ok: false
      reason: 'unknown' | 'gap' | 'new_epoch' | 'stale_epoch' | 'conflict' | 'unverifiable' | 'rejected'
      head: Position | null
      /** How many of this batch's entries were appended before the refusal. */
      appended: number
    }

/**
 * A shard's caught-up lease: a relay found nothing committed that waits to be appended to the shard's channels, but for the last moment.
 * It says nothing of the channels in `except`, whose events wait.
 */
export type CaughtUp = { shard: number; except: readonly ChannelName[] }

/** Where more channels wait, the shard has no lease at all. */
export const MAX_EXCEPTED = 200

export interface EventLogWriter {
  /** Appends and publishes, channel by channel, in one round trip; results in the order of `batches`. Rejects when the log cannot be reached in time. */
  append(batches: readonly ChannelBatch[]): Promise<AppendResult[]>
  /**
   * Brings back what the log lost, without publishing. `base` is the position before `batch.entries[0]`; with no entries the
   * head becomes `base`. Accepted when the entries begin at seq 1, or overlap or touch the head of the same epoch; anything else is a
   * `gap`, unless `replaces` says that nothing older is to be had: then the history begins at the base, also that of a channel
   * which the log does not know or has of an older epoch. It never lowers a head within an epoch.
   */
  refill(batch: ChannelBatch, base: Position, options?: { replaces?: boolean }): Promise<AppendResult>
  heads(channels: readonly ChannelName[]): Promise<(Position | null)[]>
  /** Gives these shards' caught-up leases for `forMs`. */
  renewCaughtUpLeases(leases: readonly CaughtUp[], forMs: number): Promise<void>
}

export type HistoryRead =
  /** `entries` run without a gap from `after.seq + 1` to `head.seq`; empty only when they are equal. */
  | { kind: 'complete'; head: Position; entries: LogEntry[] }
  /** They begin after `after` but stop before the head: the limit was reached. Read on from the last. */
  | { kind: 'partial'; head: Position; entries: LogEntry[] }
  /** Another epoch, or the history begins later than `after.seq + 1`. `readBytes`: what was read before that showed. */
  | { kind: 'unreachable'; head: Position; readBytes?: number }
  /** The head is before `after` in the same epoch: the event log lost data, and will be refilled. */
  | { kind: 'lagging'; head: Position }
  /** The log does not know the channel. */
  | { kind: 'unknown' }

export type HistoryLimit = { entries: number; bytes: number }

export interface EventLogReader {
  heads(channels: readonly ChannelName[]): Promise<(Position | null)[]>
  /** Those of the shards whose caught-up lease is good, and the channels that it says nothing of. */
  caughtUp(shards: readonly number[]): Promise<ReadonlyMap<number, ReadonlySet<ChannelName>>>
  /** One atomic read of head and entries. */
  history(channel: ChannelName, after: Position, limit: HistoryLimit): Promise<HistoryRead>
  /** Resolves when the server has confirmed: every entry published from now on reaches `onMessage`. */
  subscribe(channel: ChannelName): Promise<void>
  unsubscribe(channel: ChannelName): Promise<void>
  /** At most one listener. Messages of one channel come in the order of publishing; any may be missing. */
  onMessage(listen: (channel: ChannelName, bytes: string) => void): void
  /** Messages of any channel may have been lost: the connection was lost and restored, and the subscriptions were renewed. */
  onBreak(listen: () => void): void
  /** Whether the server has confirmed the subscriptions of the connection that there is now, and will say so when it is lost. */
  isListening(): boolean
  /** Ends the connection of the subscriptions and renews all of them; then `onBreak`. */
  reconnect(): void
}
