import type { ChannelName, Position } from '@derm/contract'
import type { OutboxRow } from '../event-log/outbox-row.ts'

/** `base`: the seq at which the head's epoch began; entries at or below it belong to an earlier epoch. */
export type ChannelHead = Position & {
  channel: ChannelName
  base: number
  /** Its epoch is far ahead of the store's own clock: nobody takes it for one. [SEC21] */
  isAhead?: boolean
}

/**
 * What the relay needs of Postgres. A shard's lock is an advisory lock of a transaction: while a relay has it, no other relay publishes
 * for the shard. Two implementations: `@derm/publisher`'s on Postgres, and `MemoryOutbox`.
 */
export interface RelayStore {
  /**
   * Runs `work` under the shard's lock in one transaction, and commits. With `wait` it waits for the lock; without, it answers
   * `'busy'` when another relay has it. The lock and the first read are two statements: a read in the lock's statement would see
   * the snapshot from before the wait.
   */
  withShardLock<T>(
    shard: number,
    options: { wait: boolean },
    work: (locked: LockedShard) => Promise<T>,
  ): Promise<T | 'busy'>
  /**
   * Starts a new epoch for every channel when this Postgres is not the one that the epoch began in: failed over to a replica, restored.
   * @returns whether it did.
   */
  followServer(): Promise<boolean>
  /**
   * For how many milliseconds the oldest row waits that is committed and not published; null when none does. It need not look for what
   * was committed long ago: the comparison of heads publishes what it finds, whatever its age.
   */
  oldestPendingMs(): Promise<number | null>
  /** Channels with such a row that waits for `ms` or longer; at most `limit`. */
  latePending(ms: number, limit: number): Promise<{ shard: number; channel: ChannelName }[]>
}

/** What a relay may do while it has a shard's lock. */
export interface LockedShard {
  /**
   * Unpublished rows, of each channel ascending by seq and from its lowest unpublished one; at most `limit`.
   * `except`: blocked channels, whose rows would take the others' places.
   */
  pending(limit: number, except?: readonly ChannelName[]): Promise<OutboxRow[]>
  mark(rows: readonly Pick<OutboxRow, 'channel' | 'epoch' | 'seq'>[]): Promise<void>
  /** Heads of the shard's channels that changed since `since` (milliseconds since 1970), and perhaps some more; all of them with 0. */
  heads(since: number): Promise<ChannelHead[]>
  /** Committed rows of a channel's current epoch with `seq > after`, ascending, published or not. */
  read(channel: ChannelName, after: number, limit: number): Promise<OutboxRow[]>
  /**
   * Starts a new epoch for a channel whose history in the log is not Postgres' own: later than `than` and than the old one.
   * Unpublished rows move along; base = the seq before the first of them, without any the head's.
   */
  startEpoch(channel: ChannelName, than: string): Promise<ChannelHead>
}
