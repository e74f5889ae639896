import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../logger.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { createRelay, type LockedShard, type Relay, type RelayOptions, type RelayStore } from './index.ts'

const SHARD = 3
const WORK_MS = 10
/** Until whoever is next in line knows that it owns the shard. */
const ANSWER_MS = 2

/** Shards' locks as Postgres gives them: who is released hands it to the first in line, and who only tries gets it when no line stands. */
class Locks {
  most = 0
  private readonly lines = new Map<number, { waiting: number; last: Promise<unknown> }>()
  constructor(private readonly clock: ManualClock) {}

  readonly withShardLock = async <T>(
    shard: number,
    { wait }: { wait: boolean },
    work: (locked: LockedShard) => Promise<T>,
  ): Promise<T | 'busy'> => {
    const line = this.lines.get(shard) ?? { waiting: 0, last: Promise.resolve() }
    this.lines.set(shard, line)
    const isFree = line.waiting === 0 && !this.locked.has(shard)
    if (!wait && !isFree) return 'busy'
    line.waiting++
    this.most = Math.max(this.most, line.waiting)
    const mine = line.last.then(async () => {
      await this.pause(ANSWER_MS)
      line.waiting--
      this.locked.add(shard)
      try {
        return await work(this.createLockedShard())
      } finally {
        this.locked.delete(shard)
      }
    })
    line.last = mine.catch(() => {})
    return mine
  }
  private readonly locked = new Set<number>()

  private createLockedShard(): LockedShard {
    const locked: Partial<LockedShard> = {
      pending: async () => {
        await this.pause(WORK_MS)
        return []
      },
      heads: async () => [],
    }
    return locked as LockedShard
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.setTimeout(resolve, ms))
  }
}

let clock: ManualClock
let locks: Locks
let renewals: number[]
let relays: Relay[]
beforeEach(() => {
  clock = new ManualClock()
  locks = new Locks(clock)
  renewals = []
  relays = []
})
afterEach(async () => {
  const ended = Promise.all(relays.map((relay) => relay.stop()))
  await clock.advance(10_000)
  await ended
})

function start(): Relay {
  const store: RelayStore = {
    withShardLock: locks.withShardLock,
    oldestPendingMs: async () => null,
    latePending: async () => [],
    followServer: async () => false,
  }
  const eventLog = {
    append: async () => [],
    heads: async () => [],
    renewCaughtUpLeases: async () => void renewals.push(clock.elapsed()),
  } as unknown as RelayOptions['eventLog']
  const relay = createRelay({ store, eventLog, sign: () => '', clock, random: () => 0.5, logger: silentLogger })
  relays.push(relay)
  relay.start()
  return relay
}

/** A commit each millisecond, at each pod in turn. */
async function keepBusy(pods: readonly Relay[], ms: number): Promise<void> {
  for (let at = 0; at < ms; at++) {
    pods[at % pods.length]!.wake([SHARD])
    await clock.advance(1)
  }
}

describe('a shard that is never free', () => {
  it('[REL3] has one drain of each pod waiting for it, however long it lasts', async () => {
    const pods = [start(), start()]
    await keepBusy(pods, 5000)
    // One drain a pod, and a comparison that is overdue.
    expect(locks.most).toBeLessThanOrEqual(4)
  })

  it('[REL9] does not keep a relay from finding it level: silence elsewhere stays news', async () => {
    const pods = [start(), start()]
    await keepBusy(pods, 40_000)
    const late = renewals.filter((at) => at > 15_000)
    const pauses = late.slice(1).map((at, i) => at - late[i]!)
    expect(late.length).toBeGreaterThan(20)
    expect(Math.max(...pauses)).toBeLessThan(2500)
  }, 30_000)
})
