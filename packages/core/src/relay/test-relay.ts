import { SIGNATURE_LENGTH } from '../event-log/signature.ts'
import type { ChannelName, Position } from '@derm/contract'
import { silentLogger } from '../logger.ts'
import { MemoryOutbox } from './memory-outbox.ts'
import { Dice, createRandom } from '../testing/random.ts'
import type { AppendResult, ChannelBatch, EventLogWriter } from '../event-log/event-log.ts'
import { frameOf, isTombstone, readPrefix } from '../event-log/frame.ts'
import { MemoryEventLog } from '../event-log/memory-event-log.ts'
import { shardOf } from '../event-log/shard.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { createRelay, type LockedShard, type Relay, type RelayOptions } from './index.ts'

const TENANT = '00000000-0000-4000-8000-00000000000a'
export const north = `${TENANT}/l:00000000-0000-4000-8000-000000000001/scheduling` as ChannelName
/** Of the same shard as `north`. */
export const south = findNeighbour(north)

/** An outbox, an event log and any number of relays in one virtual time; every step of theirs can be watched and hindered. */
export class TestRelays {
  readonly clock = new ManualClock()
  readonly outbox = new MemoryOutbox([north, south], this.clock, new Dice(createRandom(1)))
  readonly memory = new MemoryEventLog(1000, undefined, () => this.clock.elapsed())
  /** What was published: `north 3`, `south tombstone 4`. */
  readonly heard: string[] = []
  /** What relays reported: `refilled 3 lost`, `epoch conflict`, `tombstone`, `failed drain`. */
  readonly told: string[] = []
  /** Why they failed. */
  readonly reasons: string[] = []
  readonly locked: { shard: number; wait: boolean }[] = []
  appends = 0
  identity = 'first server'
  lagAnswersAfterMs = 0
  /** What waits was committed so long ago that no question finds it. */
  isPendingOld = false
  /** Called with what a relay appends; may throw, or answer in the log's place. */
  onAppend: (batch: ChannelBatch) => AppendResult | undefined | Promise<undefined> = () => undefined
  /** Called before Postgres is asked whether it is another; may throw. */
  onFollow: () => void = () => {}
  /** Called when a shard's work is done, before it commits. */
  beforeCommit: (began: boolean) => void = () => {}
  private readonly relays: Relay[] = []

  constructor() {
    const reader = this.memory.connect()
    reader.onMessage((channel, bytes) => {
      const name = channel === north ? 'north' : 'south'
      this.heard.push(`${name} ${isTombstone(bytes) ? 'tombstone ' : ''}${readPrefix(bytes)!.seq}`)
    })
    void reader.subscribe(north)
    void reader.subscribe(south)
  }

  createRelay(options: Partial<RelayOptions> = {}) {
    const session = this.outbox.connect()
    const relay = createRelay({
      store: {
        ...session,
        followServer: async () => {
          this.onFollow()
          return session.followServer()
        },
        latePending: async (...of) => (this.isPendingOld ? [] : session.latePending(...of)),
        oldestPendingMs: async () => {
          const oldest = await session.oldestPendingMs()
          if (this.lagAnswersAfterMs > 0)
            await new Promise<void>((resolve) => this.clock.setTimeout(resolve, this.lagAnswersAfterMs))
          return this.isPendingOld ? null : oldest
        },
        withShardLock: (shard, how, work) => {
          this.locked.push({ shard, ...how })
          return session.withShardLock(shard, how, async (locked) => {
            let began = false
            const watched: LockedShard = {
              ...locked,
              startEpoch: async (channel, than) => {
                began = true
                return locked.startEpoch(channel, than)
              },
            }
            const result = await work(watched)
            this.beforeCommit(began)
            return result
          })
        },
      },
      eventLog: this.createWriter(),
      sign: () => 'x'.repeat(SIGNATURE_LENGTH),
      clock: this.clock,
      random: () => 0.5,
      logger: silentLogger,
      observer: {
        // A channel without events gets its head, and nothing else.
        refilled: (entries, reason) => entries > 0 && this.told.push(`refilled ${entries} ${reason}`),
        tombstoned: () => this.told.push('tombstone'),
        epochStarted: (_channel, reason) => this.told.push(`epoch ${reason}`),
        failed: (part, reason) => {
          this.told.push(`failed ${part}`)
          this.reasons.push(reason)
        },
      },
      ...options,
    })
    this.relays.push(relay)
    return { relay, crash: () => session.crash() }
  }

  /** Commits, and wakes a relay when there is one to wake. */
  commit(channel: ChannelName, count: number, relay?: Relay, body?: string): void {
    const shard = this.outbox.commit(channel, count, body)
    if (shard !== null) relay?.wake([shard])
  }

  async head(channel: ChannelName): Promise<Position | null> {
    return (await this.memory.heads([channel]))[0] ?? null
  }

  /** The seqs that the log's history holds. */
  async history(channel: ChannelName, after = 0): Promise<number[] | string> {
    const head = await this.head(channel)
    const read = this.memory.read(channel, { epoch: head?.epoch ?? '', seq: after }, { entries: 9999, bytes: 1e9 })
    return 'entries' in read ? read.entries.map(({ seq }) => seq) : read.kind
  }

  frames(channel: ChannelName, epoch: string): string[] {
    const read = this.memory.read(channel, { epoch, seq: 0 }, { entries: 9999, bytes: 1e9 })
    return 'entries' in read ? read.entries.map(({ bytes }) => frameOf(bytes)) : []
  }

  async stop(): Promise<void> {
    const ended = Promise.all(this.relays.map((relay) => relay.stop()))
    await this.clock.advance(10_000)
    await ended
  }

  private createWriter(): EventLogWriter & { serverIdentity(): Promise<string> } {
    const { memory } = this
    return {
      append: async (batches) => {
        this.appends++
        const results: AppendResult[] = []
        for (const batch of batches) results.push((await this.onAppend(batch)) ?? (await memory.append([batch]))[0]!)
        return results
      },
      refill: (...of) => memory.refill(...of),
      heads: (channels) => memory.heads(channels),
      renewCaughtUpLeases: (leases, forMs) => memory.renewCaughtUpLeases(leases, forMs),
      serverIdentity: async () => {
        await memory.heads([])
        return this.identity
      },
    }
  }
}

export const range = (name: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `${name} ${from + i}`)

function findNeighbour(channel: ChannelName): ChannelName {
  for (let i = 2; ; i++) {
    const id = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
    const name = `${TENANT}/l:${id}/scheduling` as ChannelName
    if (shardOf(name) === shardOf(channel)) return name
  }
}
