import { afterEach, describe, expect, it } from 'vitest'
import { EPOCH, LATER, TestHub, at, list, north, south } from './test-hub.ts'

let world: TestHub
afterEach(async () => {
  world.hub.stop()
  await world.clock.advance(60_000)
  expect(world.clock.waiting).toBe(0)
})

const range = (from: number, to: number, name = 'ann') =>
  Array.from({ length: to - from + 1 }, (_, i) => `${name} ${from + i}`)

/** A channel with `count` events, and ann as its member. */
async function begin(count: number, settings = {}) {
  world = new TestHub(settings)
  await world.append(1, count)
  expect(await world.join('ann')).toBe(`live ${count}`)
  world.told.length = 0
}

describe('[REC1] a member', () => {
  it('gets every event from the first after its answer, once and in order', async () => {
    await begin(3)
    await world.append(4, 6)
    expect(world.heard).toEqual(range(4, 6))
    expect(world.hub.position(north)).toEqual(at(6))
  })

  it('gets nothing twice: what is at or below the last, or of an earlier epoch, is dropped', async () => {
    await begin(3)
    await world.append(4)
    for (const { bytes } of [...list(2, 4), ...list(5, 5, { epoch: '0000000000000fff' })])
      world.reader.receive(north, bytes)
    expect(world.heard).toEqual(['ann 4'])
    expect(world.told).toEqual([])
  })

  it('gets nothing of another channel, and nothing after it has left', async () => {
    await begin(1)
    await world.append(1, 2, { channel: south })
    world.hub.leave(north, 'ann')
    await world.append(2)
    expect(world.heard).toEqual([])
  })

  it('[HIS6] gets no bytes that were not signed for its channel; they are counted', async () => {
    await begin(1)
    const [own] = list(2, 2)
    const [foreign] = list(2, 2, { channel: south })
    for (const bytes of [
      '',
      'foreign message',
      foreign!.bytes,
      `${own!.bytes} `,
      own!.bytes.replace('"seq":2', '"seq":3'),
    ])
      world.reader.receive(north, bytes)
    expect(world.heard).toEqual([])
    expect(world.told.filter((what) => what === 'foreign message').length).toBeGreaterThanOrEqual(4)
    await world.append(2)
    expect(world.heard).toEqual(['ann 2'])
  })
})

describe('[REC2] a gap', () => {
  it('is filled from history before anything later is delivered', async () => {
    await begin(1)
    await lose(2, 3)
    const goOn = world.stall('history')
    await world.append(4)
    await world.append(5)
    await world.clock.advance(50)
    expect(world.heard).toEqual([])
    goOn()
    await world.clock.advance(200)
    expect(world.heard).toEqual(range(2, 5))
    expect(world.told).toContain('gap sequence')
    expect(world.told).toContain('repaired 3')
  })

  it('at the end, with nothing after it, is found by the comparison of heads', async () => {
    await begin(1)
    await lose(2, 3)
    await world.clock.advance(1200)
    expect(world.heard).toEqual(range(2, 3))
    expect(world.told).toContain('gap head')
  })

  it('that a break left is found once access was confirmed again', async () => {
    await begin(1)
    await lose(2, 2)
    world.isConfirmed = false
    world.memory.breakConnections()
    await world.clock.advance(0)
    expect(world.told.slice(0, 2)).toEqual(['confirm', 'gap break'])
    expect(world.heard).toEqual(['ann 2'])
  })

  it('that cannot be read at first is tried again', async () => {
    await begin(1)
    await lose(2, 2)
    world.memory.isDown = true
    world.reader.receive(north, list(3, 3)[0]!.bytes)
    await world.clock.advance(500)
    world.memory.isDown = false
    await world.append(3)
    await world.clock.advance(200)
    expect(world.heard).toEqual(range(2, 3))
  })

  it('[REC7] twice in a row ends the connection; one that was merely late does not', async () => {
    await begin(1)
    await lose(2, 2)
    await world.clock.advance(1200)
    expect(world.told).not.toContain('reconnect')
    await world.append(3)
    await world.clock.advance(1200)
    await lose(4, 4)
    await world.clock.advance(1200)
    expect(world.told).not.toContain('reconnect')
    await lose(5, 5)
    await world.clock.advance(1200)
    expect(world.told.filter((what) => what === 'reconnect')).toHaveLength(1)
    expect(world.heard).toEqual(range(2, 5))
  })
})

describe('[REC9] a node says that it is late', () => {
  it('when the log cannot be compared with for four seconds, and no longer', async () => {
    await begin(1)
    const answer = world.stall('heads')
    await world.clock.advance(3500)
    expect(world.hub.isLagging()).toBe(false)
    await world.clock.advance(2000)
    expect(world.hub.isLagging()).toBe(true)
    answer()
    await world.clock.advance(1400)
    expect(world.hub.isLagging()).toBe(false)
  })

  it('when calls of the log fail', async () => {
    await begin(1)
    world.memory.isDown = true
    await world.clock.advance(5500)
    expect(world.hub.isLagging()).toBe(true)
    world.memory.isDown = false
    await world.clock.advance(1400)
    expect(world.hub.isLagging()).toBe(false)
  })

  it('at once while access is not confirmed', async () => {
    await begin(1)
    world.isConfirmed = false
    expect(world.hub.isLagging()).toBe(true)
  })

  it('while the log has lost what was delivered, and nobody brings it back', async () => {
    await begin(3)
    world.memory.flush()
    await world.clock.advance(5500)
    expect(world.hub.isLagging()).toBe(true)
    await world.refill(1, 3)
    await world.clock.advance(1400)
    expect(world.hub.isLagging()).toBe(false)
  })

  it('while a gap waits for its repair, though the log has forgotten what it published', async () => {
    await begin(1, { waitMs: 20_000 })
    world.reader.receive(north, list(3, 3)[0]!.bytes)
    await world.clock.advance(5500)
    expect(world.hub.isLagging()).toBe(true)
    await world.append(2, 3)
    await world.clock.advance(1400)
    expect(world.hub.isLagging()).toBe(false)
  })

  it('from its first moment on, until it has found the log in order', async () => {
    world = new TestHub()
    world.hasCaughtUpLease = false
    expect(world.hub.isLagging()).toBe(true)
    await world.clock.advance(60_000)
    expect(world.hub.isLagging()).toBe(true)
    world.hasCaughtUpLease = true
    await world.clock.advance(1400)
    expect(world.hub.isLagging()).toBe(false)
  })

  it('while no relay has the caught-up lease', async () => {
    await begin(1)
    world.hasCaughtUpLease = false
    await world.clock.advance(5500)
    expect(world.hub.isLagging()).toBe(true)
    world.hasCaughtUpLease = true
    await world.clock.advance(1400)
    expect(world.hub.isLagging()).toBe(false)
  })

  it('[SEC23] only to the members of the channel that is concerned', async () => {
    await begin(1)
    await world.append(1, 1, { channel: south })
    await world.join('bob', undefined, [south])
    const late = () => world.hub.late().map(({ channel, members }) => [channel, ...members])
    world.excepted.add(south)
    await world.clock.advance(1400)
    expect(late()).toEqual([[south, 'bob']])
    world.excepted.clear()
    await world.clock.advance(1400)
    expect(late()).toEqual([])
    // What the log has lost of one channel, and nobody brings back.
    world.memory.forget(north)
    await world.clock.advance(5500)
    expect(late().map(([channel]) => channel)).toEqual([north])
    expect(world.hub.isCutOff()).toBe(false)
  })

  it('[SEC23] not at once to who joins a channel that is in time', async () => {
    await begin(1)
    await world.append(1, 1, { channel: south })
    await world.join('bob', undefined, [south])
    expect(world.hub.late()).toEqual([])
  })

  it('but never for events that go on while the heads are asked for, nor for a channel without any', async () => {
    await begin(1)
    void world.startJoin('ann', undefined, [south])
    await world.clock.advance(6000)
    for (let seq = 2; seq < 200; seq++) {
      await world.append(seq)
      await world.clock.advance(70)
      expect(world.hub.isLagging()).toBe(false)
    }
  })
})

describe('[REC3] a gap beyond repair becomes a resync:', () => {
  it('one of more entries than the limit', async () => {
    await begin(1, { recoveryEntries: 5 })
    await lose(2, 8)
    await world.append(9)
    await world.clock.advance(100)
    expect(world.heard.at(-1)).toBe('ann resync 9')
    expect(world.told).toContain('resync limit')
    await world.append(10)
    expect(world.heard.at(-1)).toBe('ann 10')
  })

  it('one of more bytes than the limit', async () => {
    await begin(1, { recoveryBytes: 1000 })
    await lose(2, 8)
    await world.append(9)
    await world.clock.advance(100)
    expect(world.heard.at(-1)).toBe('ann resync 9')
    expect(world.hub.position(north)).toEqual(at(9))
  })

  it('one whose beginning history no longer holds', async () => {
    await begin(1)
    await lose(2, 8)
    world.memory.trimTo(north, 3)
    await world.append(9)
    await world.clock.advance(100)
    expect(world.heard).toEqual(['ann resync 9'])
    expect(world.told).toContain('resync trimmed')
  })

  it('one where somebody else’s bytes stand', async () => {
    await begin(1)
    world.isDeaf = true
    const [forged] = list(2, 2, { channel: south })
    await world.memory.append([{ channel: north, entries: [forged!] }])
    world.isDeaf = false
    await world.append(3)
    await world.clock.advance(100)
    expect(world.heard).toEqual(['ann resync 3'])
  })

  it('a new epoch, live or found by comparison', async () => {
    await begin(3)
    await world.refill(4, 4, LATER)
    await world.append(5, 5, { epoch: LATER })
    expect(world.heard).toEqual(['ann resync 5'])
    await world.append(6, 6, { epoch: LATER })
    await world.refill(7, 8, '0000000000030000')
    await world.clock.advance(1200)
    expect(world.heard).toEqual(['ann resync 5', 'ann 6', 'ann resync 8'])
    expect(world.told.filter((what) => what === 'resync epoch')).toHaveLength(2)
  })

  it('a tombstone, for members and for whoever would recover across it', async () => {
    await begin(1)
    await world.append(2, 3, { tombstone: 2 })
    expect(world.heard).toEqual(['ann tombstone 2', 'ann 3'])
    expect(world.told).toContain('resync tombstone')
    expect(await world.join('bob', at(1))).toBe('resync 3')
    expect(await world.join('cid', at(2))).toBe('recovered 3 [3]')
  })

  it('one that the log cannot fill in time, up to what was published', async () => {
    await begin(3)
    world.isDeaf = true
    await world.append(4, 6)
    world.isDeaf = false
    world.memory.loseTail(north, 3)
    world.reader.receive(north, list(6, 6)[0]!.bytes)
    await world.clock.advance(4900)
    expect(world.heard).toEqual([])
    await world.clock.advance(300)
    expect(world.heard).toEqual(['ann resync 6'])
    expect(world.told).toContain('resync timeout')
  })
})

describe('[REC4] a log behind the node', () => {
  it('lowers nothing and resyncs nobody; when it has been refilled all goes on', async () => {
    await begin(6)
    world.memory.loseTail(north, 3)
    await world.clock.advance(10_000)
    expect(world.hub.position(north)).toEqual(at(6))
    await world.refill(4, 6)
    await world.append(7)
    expect(world.heard).toEqual(['ann 7'])
    expect(world.told).toEqual([])
  })

  it('is the same when it has forgotten the channel', async () => {
    await begin(6)
    world.memory.flush()
    await world.clock.advance(10_000)
    await world.refill(1, 6)
    await world.append(7)
    expect(world.heard).toEqual(['ann 7'])
    expect(world.told).toEqual([])
  })

  it('of an older epoch too', async () => {
    world = new TestHub()
    await world.refill(6, 6, LATER)
    await world.join('ann')
    world.memory.flush()
    await world.append(1, 3)
    await world.clock.advance(3000)
    await world.refill(6, 7, LATER)
    await world.clock.advance(1200)
    expect(world.heard).toEqual(['ann 7'])
  })
})

describe('[SEC4] without a confirmation of access', () => {
  it('nothing is delivered; then all comes, in order and once', async () => {
    await begin(1)
    world.isConfirmed = false
    await world.append(2, 3)
    await world.clock.advance(3000)
    expect(world.heard).toEqual([])
    world.isConfirmed = true
    await world.append(4)
    await world.hub.verify('break')
    await world.clock.advance(100)
    expect(world.heard).toEqual(range(2, 4))
  })

  it('a repair under way delivers nothing', async () => {
    await begin(1)
    await lose(2, 2)
    const goOn = world.stall('history')
    await world.append(3)
    await world.clock.advance(10)
    world.isConfirmed = false
    goOn()
    await world.clock.advance(500)
    expect(world.heard).toEqual([])
    world.isConfirmed = true
    await world.clock.advance(1200)
    expect(world.heard).toEqual(range(2, 3))
  })
})

/** Appended, but no message of it arrives. */
async function lose(from: number, to: number): Promise<void> {
  world.isDeaf = true
  await world.append(from, to, { epoch: EPOCH })
  world.isDeaf = false
}
