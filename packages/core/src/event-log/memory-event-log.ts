import { comparePositions, type ChannelName, type Position } from '@derm/contract'
import { systemClock } from '../clock.ts'
import type {
  AppendResult,
  CaughtUp,
  ChannelBatch,
  EventLogWriter,
  HistoryLimit,
  HistoryRead,
  LogEntry,
} from './event-log.ts'
import { MemoryEventLogReader } from './memory-event-log-reader.ts'

type Stored = { head: Position; entries: LogEntry[] }

/**
 * The event log in memory: the reference for the Redis one, and the fuzz's. `publish` decides the fate of each live message
 * (deliver, drop, repeat, later); without it everything is delivered at once.
 */
export class MemoryEventLog implements EventLogWriter {
  private readonly channels = new Map<ChannelName, Stored>()
  private readonly readers = new Set<MemoryEventLogReader>()
  private readonly leases = new Map<number, { until: number; except: ReadonlySet<ChannelName> }>()
  /** Set to make every call reject, as an unreachable server would. */
  isDown = false
  constructor(
    private readonly maxEntries = 1000,
    private readonly publish: (deliver: () => void) => void = (deliver) => deliver(),
    private readonly now: () => number = systemClock.elapsed,
  ) {}

  async append(batches: readonly ChannelBatch[]): Promise<AppendResult[]> {
    this.assertUp()
    return batches.map((batch) => this.appendBatch(batch))
  }

  async refill({ channel, entries }: ChannelBatch, base: Position, { replaces = false } = {}): Promise<AppendResult> {
    this.assertUp()
    const stored = this.channels.get(channel)
    if (stored && stored.head.epoch > base.epoch)
      return { ok: false, reason: 'stale_epoch', head: stored.head, appended: 0 }
    const top = stored?.head.epoch === base.epoch ? stored.head.seq : 0
    if (!replaces && top < base.seq) return { ok: false, reason: 'gap', head: stored?.head ?? null, appended: 0 }
    if (!stored || stored.head.epoch < base.epoch) {
      this.channels.set(channel, { head: entries.at(-1) ? toPosition(entries.at(-1)!) : base, entries: [...entries] })
      return { ok: true, appended: entries.length, head: this.channels.get(channel)!.head }
    }
    if (stored.head.seq < base.seq) {
      // The history ends before the refill begins: what lies between is gone, so the refill takes its place.
      this.channels.set(channel, { head: entries.at(-1) ? toPosition(entries.at(-1)!) : base, entries: [...entries] })
      return { ok: true, appended: entries.length, head: this.channels.get(channel)!.head }
    }
    let appended = 0
    for (const entry of entries) {
      const refusal = this.appendEntry(stored, entry)
      if (refusal === 'appended') appended++
      else if (refusal !== 'known' && refusal !== 'unverifiable')
        return { ok: false, reason: refusal, head: stored.head, appended }
    }
    this.trim(stored)
    return { ok: true, appended, head: stored.head }
  }

  async heads(channels: readonly ChannelName[]): Promise<(Position | null)[]> {
    this.assertUp()
    return channels.map((channel) => this.channels.get(channel)?.head ?? null)
  }

  async renewCaughtUpLeases(leases: readonly CaughtUp[], forMs: number): Promise<void> {
    this.assertUp()
    for (const { shard, except } of leases)
      this.leases.set(shard, { until: this.now() + forMs, except: new Set(except) })
  }

  async caughtUp(shards: readonly number[]): Promise<Map<number, ReadonlySet<ChannelName>>> {
    this.assertUp()
    const good = new Map<number, ReadonlySet<ChannelName>>()
    for (const shard of shards) {
      const lease = this.leases.get(shard)
      if (lease && this.now() < lease.until) good.set(shard, lease.except)
    }
    return good
  }

  // What can befall it.
  flush(): void {
    this.channels.clear()
    this.leases.clear()
  }
  forget(channel: ChannelName): void {
    this.channels.delete(channel)
  }
  /** Loses the newest `count` entries, as a failover to a lagging replica does. */
  loseTail(channel: ChannelName, count: number): void {
    const stored = this.channels.get(channel)
    if (!stored) return
    stored.entries.splice(Math.max(0, stored.entries.length - count))
    const last = stored.entries.at(-1)
    if (last) stored.head = toPosition(last)
    else this.channels.delete(channel)
  }
  trimTo(channel: ChannelName, count: number): void {
    const stored = this.channels.get(channel)
    if (stored) stored.entries.splice(0, Math.max(0, stored.entries.length - count))
  }
  /** Every reader loses its connection and gets it back. */
  breakConnections(): void {
    for (const reader of this.readers) reader.reconnect()
  }

  connect(): MemoryEventLogReader {
    const reader = new MemoryEventLogReader(this, (gone) => this.readers.delete(gone))
    this.readers.add(reader)
    return reader
  }

  read(channel: ChannelName, after: Position, limit: HistoryLimit): HistoryRead {
    this.assertUp()
    const stored = this.channels.get(channel)
    if (!stored) return { kind: 'unknown' }
    const { head } = stored
    if (head.epoch !== after.epoch) return { kind: 'unreachable', head }
    if (head.seq < after.seq) return { kind: 'lagging', head }
    if (head.seq === after.seq) return { kind: 'complete', head, entries: [] }
    const first = stored.entries[0]
    if (!first || first.seq > after.seq + 1) return { kind: 'unreachable', head }
    const entries: LogEntry[] = []
    let bytes = 0
    for (const entry of stored.entries) {
      if (entry.seq <= after.seq) continue
      bytes += entry.bytes.length
      if (entries.length >= limit.entries || (bytes > limit.bytes && entries.length > 0)) break
      entries.push(entry)
    }
    return { kind: entries.at(-1)?.seq === head.seq ? 'complete' : 'partial', head, entries }
  }

  private appendBatch({ channel, entries }: ChannelBatch): AppendResult {
    const first = entries[0]
    let stored = this.channels.get(channel)
    if (!first)
      return stored
        ? { ok: true, appended: 0, head: stored.head }
        : { ok: false, reason: 'unknown', head: null, appended: 0 }
    if (!stored) {
      if (first.seq !== 1) return { ok: false, reason: 'unknown', head: null, appended: 0 }
      stored = { head: { epoch: first.epoch, seq: 0 }, entries: [] }
      this.channels.set(channel, stored)
    }
    let appended = 0
    for (const entry of entries) {
      const outcome = this.appendEntry(stored, entry)
      if (outcome === 'known') continue
      if (outcome !== 'appended') return { ok: false, reason: outcome, head: stored.head, appended }
      appended++
      for (const reader of this.readers) this.publish(() => reader.receive(channel, entry.bytes))
    }
    this.trim(stored)
    return { ok: true, appended, head: stored.head }
  }

  private appendEntry(stored: Stored, entry: LogEntry) {
    const { head } = stored
    if (entry.epoch !== head.epoch) return comparePositions(entry, head) < 0 ? 'stale_epoch' : 'new_epoch'
    if (entry.seq <= head.seq) {
      const known = stored.entries.find(({ seq }) => seq === entry.seq)
      if (!known) return 'unverifiable'
      return known.id === entry.id ? 'known' : 'conflict'
    }
    if (entry.seq > head.seq + 1) return 'gap'
    stored.entries.push(entry)
    stored.head = toPosition(entry)
    return 'appended'
  }

  private trim(stored: Stored): void {
    if (stored.entries.length > this.maxEntries) stored.entries.splice(0, stored.entries.length - this.maxEntries)
  }

  private assertUp(): void {
    if (this.isDown) throw new Error('the event log cannot be reached')
  }
}

const toPosition = ({ epoch, seq }: Position): Position => ({ epoch, seq })
