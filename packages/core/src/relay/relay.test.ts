import type { ChannelName } from '@derm/contract'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { shardOf } from '../event-log/shard.ts'
import { TestRelays, north, range, south } from './test-relay.ts'

let world: TestRelays
beforeEach(() => void (world = new TestRelays()))
afterEach(async () => {
  await world.stop()
  expect(world.clock.waiting).toBe(0)
})

describe('publishing', () => {
  it('[REL1] sends a channel’s events in the order of their commits, whoever of two relays does it', async () => {
    const first = world.createRelay().relay
    const second = world.createRelay().relay
    first.start()
    second.start()
    for (let i = 0; i < 40; i++) {
      world.commit(north, 2, i % 2 ? first : second)
      world.commit(south, 1, i % 3 ? first : second)
      await world.clock.advance(i % 5)
    }
    await world.clock.advance(2000)
    expect(world.heard.filter((name) => name.startsWith('north'))).toEqual(range('north', 1, 80))
    expect(world.heard.filter((name) => name.startsWith('south'))).toEqual(range('south', 1, 40))
    expect(world.outbox.pendingRows).toBe(0)
    expect(world.told).toEqual([])
  })

  it('[REL1] takes more rounds for more rows than one may hold', async () => {
    const { relay } = world.createRelay({ settings: { batchRows: 10, maxBatches: 2 } })
    world.commit(north, 95, relay)
    await world.clock.advance(500)
    expect(world.heard).toEqual(range('north', 1, 95))
    expect(world.outbox.pendingRows).toBe(0)
  })

  it('[REL2] marks nothing when the connection to Postgres is lost; the next one finds it published already', async () => {
    const dying = world.createRelay({
      afterPublish: async () => {
        dying.crash()
        throw new Error('killed')
      },
    })
    world.commit(north, 3, dying.relay)
    await world.clock.advance(50)
    expect(world.heard).toEqual(range('north', 1, 3))
    expect(world.outbox.pendingRows).toBe(3)
    world.commit(north, 1, world.createRelay().relay)
    await world.clock.advance(50)
    expect(world.heard).toEqual(range('north', 1, 4))
    expect(world.outbox.pendingRows).toBe(0)
  })

  it('[REL2] marks nothing that the log has not answered for, though it has it', async () => {
    const { relay } = world.createRelay()
    relay.start()
    world.onAppend = async (batch) => {
      await world.memory.append([batch])
      throw new Error('the answer was lost')
    }
    world.commit(north, 3, relay)
    await world.clock.advance(50)
    expect(await world.history(north)).toEqual([1, 2, 3])
    expect(world.outbox.pendingRows).toBe(3)
    world.onAppend = () => undefined
    await world.clock.advance(1000)
    expect(world.outbox.pendingRows).toBe(0)
    expect(world.heard).toEqual(range('north', 1, 3))
  })
})

describe('being woken', () => {
  it('[REL3] one drain waits for a shard that another owns, however often it is woken', async () => {
    const { relay } = world.createRelay()
    const release = await holdShard()
    for (let i = 0; i < 5; i++) world.commit(north, 1, relay)
    await world.clock.advance(20)
    expect(world.locked).toEqual([{ shard: shardOf(north), wait: true }])
    expect(world.heard).toEqual([])
    release()
    await world.clock.advance(50)
    expect(world.heard).toEqual(range('north', 1, 5))
  })

  it('[REL3] it stops counting as waiting before it reads: a commit after its read gets a drain of its own', async () => {
    const { relay } = world.createRelay()
    world.onAppend = (batch) => {
      // Its rows were read, and more are committed; no poll will find them.
      if (batch.entries.at(-1)!.seq === 2) world.commit(north, 1, relay)
      return undefined
    }
    world.commit(north, 2, relay)
    await world.clock.advance(100)
    expect(world.locked).toHaveLength(2)
    expect(world.heard).toEqual(range('north', 1, 3))
  })

  it('[REL3] nobody wakes for what a dead pod left: a poll finds it', async () => {
    world.createRelay().relay.start()
    world.commit(north, 2)
    await world.clock.advance(1000)
    expect(world.heard).toEqual(range('north', 1, 2))
    expect(world.outbox.pendingRows).toBe(0)
  })

  it('a relay that has stopped does nothing any more', async () => {
    const { relay } = world.createRelay()
    relay.start()
    await world.stop()
    const before = world.locked.length
    world.commit(north, 1, relay)
    await world.clock.advance(10_000)
    expect(world.locked).toHaveLength(before)
    expect(world.clock.waiting).toBe(0)
  })

  it('stopping waits for what is under way', async () => {
    const { relay } = world.createRelay()
    world.commit(north, 1, relay)
    let isStopped = false
    void relay.stop().then(() => (isStopped = true))
    await world.clock.advance(0)
    expect(isStopped).toBe(false)
    await world.clock.advance(100)
    expect(isStopped).toBe(true)
    expect(world.outbox.pendingRows).toBe(world.heard.length === 1 ? 0 : 1)
  })
})

describe('what the log lacks before a row', () => {
  it('[REL4] is brought back first, unpublished; then the row goes out', async () => {
    const { relay } = world.createRelay()
    world.commit(north, 5, relay)
    await world.clock.advance(50)
    world.memory.flush()
    world.commit(north, 1, relay)
    await world.clock.advance(50)
    expect(await world.history(north)).toEqual([1, 2, 3, 4, 5, 6])
    expect(world.heard).toEqual(range('north', 1, 6))
    expect(world.told).toEqual(['refilled 5 unknown'])
  })

  it('[REL4] is only the lost end, where the log still has the rest', async () => {
    const { relay } = world.createRelay()
    world.commit(north, 5, relay)
    await world.clock.advance(50)
    world.memory.loseTail(north, 2)
    world.commit(north, 1, relay)
    await world.clock.advance(50)
    expect(await world.history(north)).toEqual([1, 2, 3, 4, 5, 6])
    expect(world.told).toEqual(['refilled 2 gap'])
    expect(world.heard).toEqual(range('north', 1, 6))
  })

  it('[REL4] is as much as a refill may bring: the history then begins there', async () => {
    const { relay } = world.createRelay({ settings: { refillEntries: 3 } })
    world.commit(north, 9, relay)
    await world.clock.advance(50)
    world.memory.flush()
    world.commit(north, 1, relay)
    await world.clock.advance(50)
    expect(await world.history(north, 6)).toEqual([7, 8, 9, 10])
    expect(await world.history(north, 5)).toBe('unreachable')
    expect(world.outbox.pendingRows).toBe(0)
  })
})

describe('a log that cannot be reached', () => {
  it('[REL7] is left alone, for longer each time, and nothing is marked', async () => {
    const { relay } = world.createRelay({ settings: { breakMs: 100, maxBreakMs: 2000 } })
    relay.start()
    await world.clock.advance(3000)
    world.memory.isDown = true
    world.commit(north, 3, relay)
    await world.clock.advance(2000)
    const early = world.appends
    for (let i = 0; i < 100; i++) {
      relay.wake([shardOf(north)])
      await world.clock.advance(100)
    }
    expect(early).toBeGreaterThan(0)
    // Ten seconds with a commit every 100 ms: once per break, not once per commit.
    expect(world.appends - early).toBeLessThanOrEqual(8)
    expect(world.outbox.pendingRows).toBe(3)
    world.memory.isDown = false
    await world.clock.advance(2500)
    expect(world.heard).toEqual(range('north', 1, 3))
    expect(world.outbox.pendingRows).toBe(0)
  })
})

describe('a server that refuses whatever is written', () => {
  it('[REL15] stops the relay: no event is given up, however long it lasts, and each goes out once when it is over', async () => {
    const { relay } = world.createRelay()
    relay.start()
    await world.clock.advance(1500)
    world.onAppend = () => {
      throw Object.assign(new Error('MOVED 866 127.0.0.1:7000'), { name: 'ReplyError' })
    }
    world.commit(north, 3, relay)
    world.commit(south, 2, relay)
    await world.clock.advance(120_000)
    expect(world.told).not.toContain('tombstone')
    expect(world.reasons).toContain('MOVED')
    expect(world.heard).toEqual([])
    expect(world.outbox.pendingRows).toBe(5)
    world.onAppend = () => undefined
    await world.clock.advance(5000)
    expect(world.heard.toSorted()).toEqual([...range('north', 1, 3), ...range('south', 1, 2)])
    expect(world.outbox.pendingRows).toBe(0)
  })
})

/** Another pod owns the shard until the answer is called. */
async function holdShard(): Promise<() => void> {
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  void world.outbox.connect().withShardLock(shardOf(north), { wait: true }, () => held)
  await world.clock.advance(10)
  return release
}

describe('[REL9] a relay renews the caught-up lease', () => {
  const hasCaughtUpLease = async (channel = north) =>
    (await world.memory.caughtUp([shardOf(channel)])).get(shardOf(channel))?.has(channel) === false

  it('again and again while that is so, events that are on their way apart', async () => {
    const { relay } = world.createRelay()
    expect(await hasCaughtUpLease()).toBe(false)
    relay.start()
    await world.clock.advance(1500)
    for (let i = 0; i < 100; i++) {
      expect(await hasCaughtUpLease()).toBe(true)
      world.commit(north, 1, relay)
      await world.clock.advance(100)
    }
  })

  it('never while something waits, whoever is to blame, and again when it has gone out', async () => {
    const { relay } = world.createRelay({ settings: { tries: 1000 } })
    relay.start()
    await world.clock.advance(1500)
    world.onAppend = () => ({ ok: false, reason: 'rejected', head: null, appended: 0 })
    world.commit(north, 1, relay)
    await world.clock.advance(5000)
    expect(await hasCaughtUpLease()).toBe(false)
    // Nor does another pod's, which has not tried to publish it.
    world.createRelay({ settings: { tries: 1000 } }).relay.start()
    await world.clock.advance(5000)
    expect(await hasCaughtUpLease()).toBe(false)
    world.onAppend = () => undefined
    await world.clock.advance(6000)
    expect(await hasCaughtUpLease()).toBe(true)
  })

  it('nor while something stands still that nobody finds by its age', async () => {
    world.isPendingOld = true
    const { relay } = world.createRelay({ settings: { tries: 1000 } })
    world.onAppend = () => ({ ok: false, reason: 'rejected', head: null, appended: 0 })
    world.commit(north, 1)
    relay.start()
    for (let i = 0; i < 200; i++) {
      await world.clock.advance(100)
      expect(await hasCaughtUpLease()).toBe(false)
    }
    world.onAppend = () => undefined
    await world.clock.advance(8000)
    expect(await hasCaughtUpLease()).toBe(true)
  })

  it('[SEC23] for all channels but the one that is to blame', async () => {
    const { relay } = world.createRelay({ settings: { tries: 1000 } })
    relay.start()
    await world.clock.advance(1500)
    world.onAppend = ({ channel }) =>
      channel === north ? { ok: false, reason: 'rejected', head: null, appended: 0 } : undefined
    world.commit(north, 1, relay)
    for (let i = 0; i < 60; i++) {
      world.commit(south, 1, relay)
      await world.clock.advance(100)
      expect(await hasCaughtUpLease(south)).toBe(true)
    }
    expect(await hasCaughtUpLease(north)).toBe(false)
  })

  it('not without a relay, nor without Postgres', async () => {
    const { relay, crash } = world.createRelay()
    relay.start()
    await world.clock.advance(1500)
    expect(await hasCaughtUpLease()).toBe(true)
    crash()
    await world.clock.advance(3000)
    expect(await hasCaughtUpLease()).toBe(false)
  })

  it('for no longer than since it asked: an answer that came late gives less', async () => {
    const { relay } = world.createRelay()
    world.lagAnswersAfterMs = 2400
    relay.start()
    let renewals = 0
    for (let i = 0; i < 200; i++) {
      await world.clock.advance(50)
      if (await hasCaughtUpLease()) renewals++
    }
    // Each answer is good for a tenth of a second, and comes every 2.6 s or so.
    expect(renewals).toBeGreaterThan(0)
    expect(renewals).toBeLessThan(20)
  })

  it('also after somebody has set the clock back', async () => {
    const { relay } = world.createRelay()
    relay.start()
    await world.clock.advance(3000)
    world.clock.wallOffsetMs = -3_600_000
    for (let i = 0; i < 100; i++) {
      await world.clock.advance(100)
      expect(await hasCaughtUpLease()).toBe(true)
    }
  })

  it('only who has compared the log with Postgres a moment ago', async () => {
    const { relay } = world.createRelay()
    const { memory } = world
    const heads = memory.heads.bind(memory)
    let isRefused = false
    vi.spyOn(memory, 'heads').mockImplementation(async (channels: readonly ChannelName[]) => {
      if (isRefused && channels.length > 0) throw new Error('the heads cannot be read')
      return heads(channels)
    })
    relay.start()
    await world.clock.advance(3000)
    expect(await hasCaughtUpLease()).toBe(true)
    isRefused = true
    await world.clock.advance(20_000)
    for (let i = 0; i < 100; i++) {
      await world.clock.advance(100)
      expect(await hasCaughtUpLease()).toBe(false)
    }
    isRefused = false
    await world.clock.advance(8000)
    expect(await hasCaughtUpLease()).toBe(true)
  })

  it('nor while the log refuses what it has lost', async () => {
    const { memory } = world
    const { relay } = world.createRelay()
    relay.start()
    world.commit(north, 5, relay)
    await world.clock.advance(3000)
    expect(await hasCaughtUpLease()).toBe(true)
    const refill = vi
      .spyOn(memory, 'refill')
      .mockResolvedValue({ ok: false, reason: 'rejected', head: null, appended: 0 })
    memory.loseTail(north, 2)
    await world.clock.advance(20_000)
    expect(await hasCaughtUpLease()).toBe(false)
    refill.mockRestore()
    await world.clock.advance(5000)
    expect(await hasCaughtUpLease()).toBe(true)
    expect(await world.history(north)).toEqual([1, 2, 3, 4, 5])
  })
})
