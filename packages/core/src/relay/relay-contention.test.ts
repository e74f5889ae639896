import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '../clock.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { createRelay, type OwnedPartition, type Relay, type RelayOptions, type RelayStore } from './index.ts'

const PARTITION = 3
const WORK_MS = 10
/** Until whoever is next in line knows that it owns the partition. */
const ANSWER_MS = 2

/** Partitions' locks as Postgres gives them: who is released hands it to the first in line, and who only tries gets it when no line stands. */
class Locks {
  most = 0
  private readonly lines = new Map<number, { waiting: number; last: Promise<unknown> }>()
  constructor(private readonly clock: ManualClock) {}

  readonly own = async <T>(
    partition: number,
    { wait }: { wait: boolean },
    work: (owned: OwnedPartition) => Promise<T>,
  ): Promise<T | 'busy'> => {
    const line = this.lines.get(partition) ?? { waiting: 0, last: Promise.resolve() }
    this.lines.set(partition, line)
    const isFree = line.waiting === 0 && !this.owned.has(partition)
    if (!wait && !isFree) return 'busy'
    line.waiting++
    this.most = Math.max(this.most, line.waiting)
    const mine = line.last.then(async () => {
      await this.pause(ANSWER_MS)
      line.waiting--
      this.owned.add(partition)
      try {
        return await work(this.createOwned())
      } finally {
        this.owned.delete(partition)
      }
    })
    line.last = mine.catch(() => {})
    return mine
  }
  private readonly owned = new Set<number>()

  private createOwned(): OwnedPartition {
    const owned: Partial<OwnedPartition> = {
      pending: async () => {
        await this.pause(WORK_MS)
        return []
      },
      heads: async () => [],
    }
    return owned as OwnedPartition
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.setTimeout(resolve, ms))
  }
}

let clock: ManualClock
let locks: Locks
let vouched: number[]
let relays: Relay[]
beforeEach(() => {
  clock = new ManualClock()
  locks = new Locks(clock)
  vouched = []
  relays = []
})
afterEach(async () => {
  const ended = Promise.all(relays.map((relay) => relay.stop()))
  await clock.advance(10_000)
  await ended
})

function start(): Relay {
  const store: RelayStore = { own: locks.own, oldestPendingMs: async () => null, followServer: async () => false }
  const log = {
    append: async () => [],
    heads: async () => [],
    vouch: async () => void vouched.push(clock.elapsed()),
  } as unknown as RelayOptions['log']
  const relay = createRelay({ store, log, sign: () => '', clock, random: () => 0.5, logger: silentLog })
  relays.push(relay)
  relay.start()
  return relay
}

/** A commit each millisecond, at each pod in turn. */
async function keepBusy(pods: readonly Relay[], ms: number): Promise<void> {
  for (let at = 0; at < ms; at++) {
    pods[at % pods.length]!.wake([PARTITION])
    await clock.advance(1)
  }
}

describe('a partition that is never free', () => {
  it('[REL3] has one drain of each pod waiting for it, however long it lasts', async () => {
    const pods = [start(), start()]
    await keepBusy(pods, 5000)
    // One drain a pod, and a comparison that is overdue.
    expect(locks.most).toBeLessThanOrEqual(4)
  })

  it('[REL9] does not keep a relay from finding it level: silence elsewhere stays news', async () => {
    const pods = [start(), start()]
    await keepBusy(pods, 40_000)
    const late = vouched.filter((at) => at > 15_000)
    const pauses = late.slice(1).map((at, i) => at - late[i]!)
    expect(late.length).toBeGreaterThan(20)
    expect(Math.max(...pauses)).toBeLessThan(2500)
  }, 30_000)
})
