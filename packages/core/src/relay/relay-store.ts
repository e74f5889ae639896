import type { ChannelName, Position } from '@derm/contract'

/**
 * What the relay needs of Postgres. *Owner*: who holds the shard's transaction-level advisory lock; while it
 * does, no other relay publishes for the shard. Two implementations: `@derm/publisher`'s on Postgres, and the fuzz's in memory.
 */
export type OutboxRow = {
  channel: ChannelName
  epoch: string
  seq: number
  id: string
  type: string
  /** Milliseconds since 1970 at the flush. */
  at: number
  /** The envelope's other fields as JSON object text: everything but id, type, channel, epoch, seq and at. */
  body: string
}

/** `base`: the seq at which the head's epoch began; entries at or below it belong to an earlier epoch. */
export type ChannelHead = Position & { channel: ChannelName; base: number }

export interface RelayStore {
  /**
   * Runs `work` as the shard's owner in one transaction, and commits. With `wait` it waits for the lock, else it answers
   * `'busy'` when another owns it. The lock and the first read are two statements: a read in the lock's statement would see
   * the snapshot from before the wait.
   */
  withShardLock<T>(
    shard: number,
    options: { wait: boolean },
    work: (locked: LockedShard) => Promise<T>,
  ): Promise<T | 'busy'>
  /**
   * Starts a new epoch for every channel when the record is not the one that the epoch began in: failed over to a replica, restored.
   * @returns whether it did.
   */
  followServer(): Promise<boolean>
  /**
   * For how many milliseconds the oldest row waits that is committed and not published; null when none does. It need not look for what
   * was committed long ago: the comparison of heads publishes what it finds, whatever its age.
   */
  oldestPendingMs(): Promise<number | null>
}

export interface LockedShard {
  /**
   * Unpublished rows, of each channel ascending by seq and from its lowest unpublished one; at most `limit`.
   * `except`: channels that stand still, whose rows would take the others' places.
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
