import { afterEach, describe, expect, it } from 'vitest'
import { LATER, TestHub, at, north, south } from './test-hub.ts'

let world: TestHub
afterEach(async () => {
  world.hub.stop()
  await world.clock.advance(60_000)
  expect(world.clock.waiting).toBe(0)
})

async function begin(count: number, settings = {}) {
  world = new TestHub(settings)
  await world.append(1, count)
  await world.join('ann')
  world.told.length = 0
}

describe('[REC5] an answer', () => {
  it('is live without a cursor, and recovered with one that is the newest', async () => {
    await begin(4)
    expect(await world.join('bob')).toBe('live 4')
    expect(await world.join('cid', at(4))).toBe('recovered 4')
  })

  it('is recovered from what the node still holds, without asking the log', async () => {
    await begin(4)
    await world.append(5, 8)
    world.memory.isDown = true
    expect(await world.join('bob', at(5))).toBe('recovered 8 [6, 7, 8]')
    world.memory.isDown = false
  })

  it('is recovered from history, where the node holds less', async () => {
    await begin(4)
    await world.append(5)
    expect(await world.join('bob', at(2))).toBe('recovered 5 [3, 4, 5]')
    expect(await world.join('cid', at(0))).toBe('recovered 5 [1, 2, 3, 4, 5]')
  })

  it('is a resync across a trim that the node has not read past, an epoch, or more than the limits', async () => {
    await begin(9, { recoveryEntries: 5, reuseMs: 0 })
    expect(await world.join('bob', at(3))).toBe('resync 9')
    expect(await world.join('cid', at(4))).toBe('recovered 9 [5, 6, 7, 8, 9]')
    world.memory.trimTo(north, 2)
    expect(await world.join('dan', at(6))).toBe('resync 9')
    expect(await world.join('eve', at(9, '0000000000000fff'))).toBe('resync 9')
    await world.append(10, 16)
    expect(await world.join('fay', at(10))).toBe('resync 16')
  })

  it('waits for the node when the cursor is ahead of it', async () => {
    await begin(4)
    world.isDeaf = true
    await world.append(5, 6)
    world.isDeaf = false
    const joining = world.startJoin('bob', at(6))
    await world.clock.advance(1500)
    expect(await joining).toBe('recovered 6')
    expect(world.heard).toEqual(['ann 5', 'ann 6'])
  })

  it('is a resync when the node never gets so far', async () => {
    await begin(4)
    const joining = world.startJoin('bob', at(9))
    let isAnswered = false
    void joining.then(() => (isAnswered = true))
    await world.clock.advance(4900)
    expect(isAnswered).toBe(false)
    await world.clock.advance(300)
    expect(await joining).toBe('resync 4')
    const later = world.startJoin('cid', at(2, LATER))
    await world.clock.advance(5200)
    expect(await later).toBe('resync 4')
  })

  it('[REC4] waits for the refill of a log that has lost what the cursor needs', async () => {
    await begin(6)
    world.memory.loseTail(north, 2)
    const joining = world.startJoin('bob', at(3))
    await world.clock.advance(2000)
    await world.refill(5, 6)
    await world.clock.advance(200)
    expect(await joining).toBe('recovered 6 [4, 5, 6]')
  })
})

describe('[REC6] who joins', () => {
  it('is complete, though events come while the history is read', async () => {
    await begin(4)
    const goOn = world.stall('history')
    const joining = world.startJoin('bob', at(1))
    await world.clock.advance(0)
    await world.append(5, 7)
    goOn()
    await world.clock.advance(0)
    expect(await joining).toBe('recovered 7 [2, 3, 4, 5, 6, 7]')
    await world.append(8)
    expect(world.heard.filter((what) => what.startsWith('bob'))).toEqual(['bob 8'])
  })

  it('hears the first event after its subscription, though the head was not read yet', async () => {
    world = new TestHub()
    await world.append(1, 3)
    const goOn = world.stall('heads')
    const joining = world.startJoin('ann', at(3))
    await world.clock.advance(0)
    await world.append(4, 5)
    goOn()
    await world.clock.advance(0)
    const answer = await joining
    await world.append(6)
    expect([answer, ...world.heard]).toEqual(['recovered 5 [4, 5]', 'ann 6'])
  })

  it('is subscribed before the head is read', async () => {
    world = new TestHub()
    await world.append(1)
    const goOn = world.stall('subscribe')
    const joining = world.startJoin('ann', at(1))
    await world.clock.advance(0)
    await world.append(2)
    goOn()
    await world.clock.advance(0)
    expect(await joining).toBe('recovered 2 [2]')
  })

  it('gets more than the node can hold meanwhile, by another reading', async () => {
    await begin(4, { ringEntries: 3 })
    const goOn = world.stall('history')
    const joining = world.startJoin('bob', at(1))
    await world.clock.advance(0)
    await world.append(5, 12)
    goOn()
    await world.clock.advance(200)
    expect(await joining).toBe('recovered 12 [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]')
  })

  it('is told to resync when events come too fast for every reading', async () => {
    await begin(4, { ringEntries: 2 })
    let seq = 4
    const { history } = world.reader
    world.reader.history = async (...of) => {
      const read = await history.apply(world.reader, of)
      await world.append(seq + 1, seq + 5)
      seq += 5
      return read
    }
    const joining = world.startJoin('bob', at(1))
    await world.clock.advance(6000)
    expect(await joining).toBe(`resync ${seq}`)
  })

  it('gets all of its channels from one moment', async () => {
    await begin(4)
    await world.append(1, 2, { channel: south })
    expect(await world.join('bob', at(1), [north, south])).toBe('recovered 4 [2, 3, 4]; recovered 2 [2]')
    await world.append(5)
    await world.append(3, 3, { channel: south })
    expect(world.heard).toEqual(['ann 5', 'bob 5', 'bob 3'])
  })
})

describe('a channel whose head the log lacks', () => {
  it('[REC4] is waited for: the refill answers', async () => {
    world = new TestHub()
    const joining = world.startJoin('ann', at(3))
    await world.clock.advance(3000)
    await world.refill(1, 4)
    await world.clock.advance(200)
    expect(await joining).toBe('recovered 4 [4]')
  })

  it('[REC3] is a resync after five seconds, and again once it is learnt', async () => {
    world = new TestHub()
    const joining = world.startJoin('ann', at(3))
    let isAnswered = false
    void joining.then(() => (isAnswered = true))
    await world.clock.advance(4900)
    expect(isAnswered).toBe(false)
    await world.clock.advance(300)
    expect(await joining).toBe('resync 0')
    await world.refill(1, 4)
    await world.clock.advance(1300)
    expect(world.heard).toEqual(['ann resync 4'])
    expect(world.told).toContain('resync unknown_head')
    await world.append(5)
    expect(world.heard.at(-1)).toBe('ann 5')
  })

  it('[REC3] or when its first event arrives', async () => {
    world = new TestHub()
    const joining = world.startJoin('ann')
    await world.clock.advance(5200)
    await joining
    await world.append(1)
    expect(world.heard).toEqual(['ann resync 1'])
  })
})

describe('[REC8] a channel without members', () => {
  it('lingers: who comes back within it costs nothing and misses nothing', async () => {
    await begin(4)
    world.hub.leave(north, 'ann')
    await world.append(5)
    await world.clock.advance(4000)
    expect(await world.join('bob', at(4))).toBe('recovered 5 [5]')
    await world.clock.advance(20_000)
    expect(world.told).toEqual([])
    await world.append(6)
    expect(world.heard).toEqual(['bob 6'])
  })

  it('ends then, and is not listened to any more', async () => {
    await begin(4)
    world.hub.leave(north, 'ann')
    await world.clock.advance(6000)
    expect(world.told).toEqual(['unsubscribe'])
    expect([...world.hub.names()]).toEqual([])
    expect(world.hub.position(north)).toBeNull()
  })

  it('is joined anew while it ends: after it has ended, with a new head', async () => {
    await begin(4)
    const goOn = world.stall('unsubscribe')
    world.hub.leave(north, 'ann')
    await world.clock.advance(5000)
    const joining = world.startJoin('bob', at(4))
    await world.clock.advance(100)
    await world.append(5)
    expect(world.told).toEqual(['unsubscribe'])
    goOn()
    await world.clock.advance(0)
    expect(await joining).toBe('recovered 5 [5]')
    expect(world.told).toEqual(['unsubscribe', 'subscribe'])
    await world.append(6)
    expect(world.heard).toEqual(['bob 6'])
  })

  it('does not end while somebody prepares to join', async () => {
    await begin(4)
    const goOn = world.stall('history')
    const joining = world.startJoin('bob', at(1))
    await world.clock.advance(0)
    world.hub.leave(north, 'ann')
    await world.clock.advance(20_000)
    expect(world.told).toEqual([])
    goOn()
    await world.clock.advance(0)
    expect(await joining).toBe('recovered 4 [2, 3, 4]')
  })
})

describe('a join that fails', () => {
  it('says so when the log cannot be reached, and the next one begins anew', async () => {
    world = new TestHub()
    await world.append(1)
    world.memory.isDown = true
    await expect(world.join('ann')).rejects.toThrow('cannot be reached')
    world.memory.isDown = false
    expect(await world.join('ann')).toBe('live 1')
    await world.append(2)
    expect(world.heard).toEqual(['ann 2'])
  })

  it('adds nobody when it is refused at the end', async () => {
    await begin(1)
    const joining = world.hub.join([{ channel: south, cursor: undefined }], () => {
      throw new Error('access is not confirmed')
    })
    await world.append(1, 1, { channel: south })
    await expect(joining)
      .rejects.toThrow('not confirmed')
      .finally(() => world.clock.advance(0))
    expect(world.hub.membersOf(south).size).toBe(0)
    await world.clock.advance(6000)
    expect([...world.hub.names()]).toEqual([north])
  })

  it('[REC10] is given up, and let go, when pub/sub stays away; the next one begins anew', async () => {
    world = new TestHub()
    await world.append(1)
    const open = world.stall('subscribe')
    const failures: string[] = []
    for (let i = 0; i < 50; i++) world.startJoin(`client ${i}`).catch((error: Error) => failures.push(error.message))
    await world.clock.advance(20_000)
    expect(failures).toHaveLength(50)
    expect([...world.hub.names()]).toEqual([])
    open()
    expect(await world.join('ann')).toBe('live 1')
    await world.append(2)
    expect(world.heard).toEqual(['ann 2'])
  })

  it('[REC10] tries again while there is time', async () => {
    world = new TestHub()
    await world.append(1)
    const subscribe = world.reader.subscribe.bind(world.reader)
    world.reader.subscribe = () => Promise.reject(new Error('the feed is away'))
    const joining = world.startJoin('ann')
    await world.clock.advance(3000)
    world.reader.subscribe = subscribe
    await world.clock.advance(500)
    expect(await joining).toBe('live 1')
  })

  it('[REC8] keeps none of its other channels from ending', async () => {
    world = new TestHub()
    await world.append(1, 1, { channel: south })
    expect(await world.join('ann', undefined, [south])).toBe('live 1')
    const open = world.stall('unsubscribe')
    world.hub.leave(south, 'ann')
    await world.clock.advance(5500)
    const heads = world.reader.heads.bind(world.reader)
    // North fails at once, while south is still being left.
    world.reader.heads = () => Promise.reject(new Error('away'))
    await expect(world.join('bob', undefined, [north, south])).rejects.toThrow('away')
    world.reader.heads = heads
    open()
    await world.clock.advance(60_000)
    expect([...world.hub.names()]).toEqual([])
  })

  it('ends when the node stops, while it waits too', async () => {
    world = new TestHub()
    const waiting = world.startJoin('ann', at(3))
    const refused = expect(waiting).rejects.toThrow('stopping')
    await world.clock.advance(1000)
    world.hub.stop()
    await world.clock.advance(100)
    await refused
    await expect(world.join('bob')).rejects.toThrow('stopping')
  })
})
