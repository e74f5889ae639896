import { SIGNATURE_LENGTH } from '../event-log/signature.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChannelBatch } from '../event-log/event-log.ts'
import { encodeEntry } from '../event-log/frame.ts'
import { BlockedChannels } from './blocked-channels.ts'
import { TestRelays, north, range, south } from './test-relay.ts'

let world: TestRelays
beforeEach(() => void (world = new TestRelays()))
afterEach(async () => {
  await world.stop()
  expect(world.clock.waiting).toBe(0)
})

/** A relay at work, `count` events of `north` published and marked. */
async function begin(count: number, settings = {}) {
  const { relay } = world.createRelay({ settings })
  relay.start()
  world.commit(north, count, relay)
  await world.clock.advance(50)
  return relay
}
const foreign = (epoch: string, seq: number) =>
  encodeEntry({ channel: north, epoch, seq, id: 'foreign', type: 'patient:updated', at: 1, body: '{"data":{}}' }, () =>
    'x'.repeat(SIGNATURE_LENGTH),
  )

describe('[REL5] a comparison of heads', () => {
  it('brings back at once what a server that is another has lost, of quiet channels too', async () => {
    // Nothing but the other server is a reason to compare a quiet channel here.
    await begin(4, { verifyAllMs: 1e9 })
    await world.clock.advance(16_000)
    world.memory.flush()
    world.identity = 'second server'
    await world.clock.advance(1300)
    expect(await world.history(north)).toEqual([1, 2, 3, 4])
    expect(world.told).toContain('refilled 4 lost')
    expect(world.heard).toEqual(range('north', 1, 4))
  })

  it('finds within a second or so what a recent channel has lost, though the server says nothing', async () => {
    await begin(4)
    world.memory.loseTail(north, 1)
    await world.clock.advance(1300)
    expect(await world.history(north)).toEqual([1, 2, 3, 4])
    expect(world.told).toEqual(['refilled 1 lost'])
  })

  it('finds within six seconds what a quiet channel has lost', async () => {
    await begin(4)
    await world.clock.advance(16_000)
    world.memory.loseTail(north, 2)
    await world.clock.advance(6500)
    expect(await world.history(north)).toEqual([1, 2, 3, 4])
  })

  it('is due at once also when Postgres does not answer in the run that sees the other server', async () => {
    await begin(4, { verifyAllMs: 1e9 })
    await world.clock.advance(16_000)
    world.memory.flush()
    world.identity = 'second server'
    let failures = 1
    world.onFollow = () => {
      if (failures-- > 0) throw new Error('no connection')
    }
    await world.clock.advance(2500)
    expect(await world.history(north)).toEqual([1, 2, 3, 4])
  })

  it('that fails stays due', async () => {
    await begin(4)
    await world.clock.advance(16_000)
    world.memory.flush()
    world.identity = 'second server'
    const { heads } = world.memory
    world.memory.heads = async (channels) => {
      if (channels.length > 0) throw new Error('the answer was lost')
      return []
    }
    await world.clock.advance(2000)
    world.memory.heads = heads
    await world.clock.advance(2500)
    expect(await world.history(north)).toEqual([1, 2, 3, 4])
  })

  it('begins a new epoch for a log that is ahead of Postgres', async () => {
    await begin(4)
    const before = (await world.head(north))!.epoch
    await world.memory.append([{ channel: north, entries: [foreign(before, 5)] }])
    await world.clock.advance(3000)
    expect(world.told).toContain('epoch log_ahead')
    const head = (await world.head(north))!
    expect(head.epoch > before).toBe(true)
    expect(head).toEqual(positionOf(north))
  })

  it('[LOG11] begins a new epoch everywhere when Postgres is another', async () => {
    await begin(4)
    const before = (await world.head(north))!.epoch
    world.outbox.failOver(north, 2)
    await world.clock.advance(3000)
    expect(world.told).toContain('epoch postgres_changed')
    const head = (await world.head(north))!
    expect(head.epoch > before).toBe(true)
    expect(head.seq).toBe(2)
  })

  it('says nothing of what is merely on its way', async () => {
    const relay = await begin(1)
    for (let i = 0; i < 300; i++) {
      world.commit(north, 1, relay)
      await world.clock.advance(17)
    }
    await world.clock.advance(1000)
    expect(world.told).toEqual([])
    expect(world.heard).toEqual(range('north', 1, 301))
  })
})

describe('[REL6] a rejected event', () => {
  it('stops its channel only, then gives way to a tombstone in its place', async () => {
    const relay = await begin(1)
    world.commit(north, 1, relay, 'not JSON')
    world.commit(north, 2, relay)
    world.commit(south, 2, relay)
    await world.clock.advance(100)
    expect(world.heard).toEqual(['north 1', ...range('south', 1, 2)])
    expect(world.outbox.pendingRows).toBe(3)
    await world.clock.advance(15_000)
    expect(world.heard.slice(3)).toEqual(['north tombstone 2', 'north 3', 'north 4'])
    expect(world.told).toEqual(['tombstone'])
    expect(world.outbox.pendingRows).toBe(0)
  })

  it('sends what stands before it in the same batch', async () => {
    const { relay } = world.createRelay()
    world.commit(north, 2)
    world.commit(north, 1, undefined, '[]')
    world.commit(north, 1, relay)
    await world.clock.advance(100)
    expect(world.heard).toEqual(range('north', 1, 2))
    expect(world.outbox.pendingRows).toBe(2)
  })

  it('may also be one that is too large, or one that the server refuses', async () => {
    const relay = await begin(1)
    world.commit(north, 1, relay, JSON.stringify({ data: 'x'.repeat(70_000) }))
    world.onAppend = ({ channel, entries }: ChannelBatch) =>
      channel === south && entries[0]!.bytes.includes('"refused"')
        ? { ok: false, reason: 'rejected', head: null, appended: 0 }
        : undefined
    world.commit(south, 1, relay, '{"data":"refused"}')
    world.commit(south, 1, relay)
    await world.clock.advance(15_000)
    expect(world.heard).toEqual(expect.arrayContaining(['north tombstone 2', 'south tombstone 1', 'south 2']))
    expect(world.heard).toHaveLength(4)
  })

  it('comes back as a tombstone when the log is refilled', async () => {
    const relay = await begin(1)
    world.commit(north, 1, relay, 'not JSON')
    world.commit(north, 1, relay)
    await world.clock.advance(15_000)
    const { epoch } = (await world.head(north))!
    const frames = world.frames(north, epoch)
    world.memory.flush()
    await world.clock.advance(7000)
    expect(frames[1]).toContain('42["resync"')
    expect(world.frames(north, epoch)).toEqual(frames)
  })

  it('is forgotten once nobody tries it any more', () => {
    const blocked = new BlockedChannels(2, 200)
    blocked.block(north, 5, 1000)
    expect(blocked.waiting(1100)).toEqual([north])
    expect(blocked.isGivenUp(north, 5)).toBe(false)
    blocked.block(north, 5, 1300)
    expect([blocked.isGivenUp(north, 5), blocked.isGivenUp(north, 6)]).toEqual([true, false])
    expect(blocked.isBlocked(north, 2000)).toBe(true)
    expect(blocked.isBlocked(north, 60_000)).toBe(false)
  })
})

describe('[REL8] a new epoch', () => {
  it('begins where another id stands in the log; what is unpublished moves along', async () => {
    const relay = await begin(2)
    const { epoch } = (await world.head(north))!
    world.commit(north, 1)
    await world.memory.append([{ channel: north, entries: [foreign(epoch, 3)] }])
    world.commit(north, 1, relay)
    await world.clock.advance(3000)
    expect(world.told).toContain('epoch conflict')
    const head = (await world.head(north))!
    expect(head.epoch > epoch).toBe(true)
    expect(head.seq).toBe(4)
    expect(await world.history(north, 2)).toEqual([3, 4])
    expect(world.outbox.pendingRows).toBe(0)
  })

  it('is later than that of a log which knows a later one', async () => {
    const relay = await begin(2)
    const later = '00000000000fffff'
    await world.memory.refill({ channel: north, entries: [] }, { epoch: later, seq: 9 }, { replaces: true })
    world.commit(north, 1, relay)
    await world.clock.advance(3000)
    const head = (await world.head(north))!
    expect(head.epoch > later).toBe(true)
    expect(head.seq).toBe(3)
    expect(world.outbox.pendingRows).toBe(0)
  })

  it('is seen by nobody before it is committed', async () => {
    const relay = await begin(2)
    const { epoch } = (await world.head(north))!
    await world.memory.append([{ channel: north, entries: [foreign(epoch, 3)] }])
    const seen: (string | undefined)[] = []
    let isRolledBack = false
    world.beforeCommit = (began) => {
      if (!began) return
      void world.head(north).then((head) => seen.push(head?.epoch))
      if (isRolledBack) return
      isRolledBack = true
      throw new Error('the connection was lost at the commit')
    }
    world.commit(north, 1, relay)
    await world.clock.advance(5000)
    expect(isRolledBack).toBe(true)
    // At no commit of an epoch did the log know it yet.
    expect(new Set(seen)).toEqual(new Set([epoch]))
    expect(await world.head(north)).toEqual(positionOf(north))
    expect(world.outbox.pendingRows).toBe(0)
  })
})

function positionOf(channel: typeof north) {
  const { epoch, seq } = world.outbox.heads.get(channel)!
  return { epoch, seq }
}

describe('[SEC24] a channel whose refills are taken away again', () => {
  it('is refilled less and less often, alerts, keeps nobody else waiting, and comes back by itself', async () => {
    const held: string[] = []
    const { relay } = world.createRelay({
      observer: { refillHeld: () => held.push('held'), refilled: (_, why) => world.told.push(why) },
    })
    relay.start()
    world.commit(north, 3, relay)
    world.commit(south, 1, relay)
    await world.clock.advance(2000)
    world.told.length = 0
    for (let i = 0; i < 200; i++) {
      world.memory.forget(north)
      world.commit(north, 1, relay)
      if (i % 10 === 0) world.commit(south, 1, relay)
      await world.clock.advance(100)
    }
    // Ten times a second, for twenty seconds.
    expect(world.told.length).toBeLessThan(16)
    expect(held.length).toBeGreaterThan(2)
    expect((await world.head(south))?.seq).toBe(21)
    await world.clock.advance(40_000)
    expect((await world.head(north))?.seq).toBe(203)
    expect(world.outbox.pendingRows).toBe(0)
  }, 20_000)
})

describe('[SEC21] a channel whose epoch is far ahead of the clock', () => {
  it('begins a new one, that a reader takes', async () => {
    const { relay } = world.createRelay()
    world.commit(north, 3)
    world.outbox.heads.get(north)!.isAhead = true
    relay.start()
    await world.clock.advance(3000)
    expect(world.told).toContain('epoch epoch_ahead')
    expect(world.told.filter((what) => what.startsWith('epoch'))).toHaveLength(1)
    expect(world.outbox.pendingRows).toBe(0)
  })
})
