import { afterEach, describe, expect, it } from 'vitest'
import type { ChannelName } from '@derm/contract'
import type { ReadBudget } from './read-budget.ts'
import { TestHub, at, north } from './test-hub.ts'

let world: TestHub
afterEach(async () => {
  world.hub.stop()
  await world.clock.advance(60_000)
  expect(world.clock.waiting).toBe(0)
})

/** A channel with a past that the node does not hold, and one member. */
async function begin(count: number, settings = {}) {
  world = new TestHub(settings)
  await world.append(1, count)
  await world.join('ann')
}
const seqs = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i).join(', ')

async function joinAll(cursors: readonly number[]): Promise<string[]> {
  const joining = cursors.map((cursor, i) => world.startJoin(`client ${i}`, at(cursor)))
  await world.clock.advance(3000)
  return Promise.all(joining)
}

describe('[SES23] clients that come back together', () => {
  it('with equal cursors cost one read of history', async () => {
    await begin(40)
    const answers = await joinAll(Array<number>(3000).fill(10))
    expect(new Set(answers)).toEqual(new Set([`recovered 40 [${seqs(11, 40)}]`]))
    expect(world.reads.count).toBe(1)
  })

  it('also while the read is under way, and while events go on', async () => {
    await begin(40)
    const goOn = world.stall('history')
    const joining = Array.from({ length: 100 }, (_, i) => world.startJoin(`client ${i}`, at(10)))
    await world.clock.advance(0)
    await world.append(41, 45)
    goOn()
    await world.clock.advance(1000)
    expect(new Set(await Promise.all(joining))).toEqual(new Set([`recovered 45 [${seqs(11, 45)}]`]))
    expect(world.reads.count).toBe(1)
  })

  it('with cursors of the same time cost some few, and each gets what it lacks', async () => {
    await begin(60)
    const cursors = Array.from({ length: 500 }, (_, i) => 10 + (i % 40))
    const answers = await joinAll(cursors)
    expect(answers).toEqual(cursors.map((cursor) => `recovered 60 [${seqs(cursor + 1, 60)}]`))
    expect(world.reads.count).toBeLessThan(5)
  })

  it('one after the other, cost one within two seconds', async () => {
    await begin(40)
    for (let i = 0; i < 10; i++) {
      expect(await world.join(`client ${i}`, at(10))).toBe(`recovered 40 [${seqs(11, 40)}]`)
      await world.clock.advance(150)
    }
    expect(world.reads.count).toBe(1)
    await world.clock.advance(2000)
    await world.join('late', at(10))
    expect(world.reads.count).toBe(2)
  })

  it('after too much, or too long, cost one as well', async () => {
    await begin(40, { recoveryEntries: 20 })
    expect(new Set(await joinAll([...Array<number>(200).fill(10), 5, 3]))).toEqual(new Set(['resync 40']))
    expect(world.reads.count).toBeLessThanOrEqual(2)
    expect(await world.join('near', at(30))).toBe(`recovered 40 [${seqs(31, 40)}]`)
  })

  it('get no answer that ends before what the node has delivered', async () => {
    await begin(40, { ringEntries: 2 })
    await world.join('first', at(10))
    // More than the node holds: what was read does not reach up to it any more.
    await world.append(41, 50)
    expect(await world.join('second', at(10))).toBe(`recovered 50 [${seqs(11, 50)}]`)
    expect(world.reads.count).toBe(2)
  })

  it('[HIS6] share no entry that nobody signed, and no tombstone', async () => {
    await begin(4)
    await world.append(5, 5, { tombstone: 5 })
    await world.append(6, 6)
    expect(await world.join('before', at(2))).toBe('resync 6')
    expect(await world.join('behind', at(5))).toBe('recovered 6 [6]')
  })

  it('keep little of it', async () => {
    await begin(40, { reuseBytes: 1 })
    await world.join('first', at(10))
    await world.join('second', at(10))
    expect(world.reads.count).toBe(3 - 1)
  })
})

describe('[SES24] reads of history', () => {
  const channelOf = (tenant: string, n: number) =>
    `00000000-0000-4000-8000-0000000000${tenant}/l:00000000-0000-4000-8000-0000000000${n + 10}/scheduling` as ChannelName

  it('are few at a time, and another tenant’s comes soon', async () => {
    world = new TestHub({ recoveryTurns: 2 })
    const busy = Array.from({ length: 40 }, (_, n) => channelOf('aa', n))
    const quiet = channelOf('bb', 0)
    for (const channel of [...busy, quiet]) await world.append(1, 5, { channel })
    for (const channel of [...busy, quiet]) await world.join('ann', undefined, [channel])
    const done: string[] = []
    const all = [...busy, quiet].map((channel) =>
      world.startJoin('bob', at(1), [channel]).then(() => done.push(channel === quiet ? 'quiet' : 'busy')),
    )
    await world.clock.advance(1000)
    await Promise.all(all)
    expect(world.reads.most).toBe(2)
    expect(done.indexOf('quiet')).toBeLessThan(8)
  })

  it('that would come too late are not made: the answer is a resync', async () => {
    await begin(4, { recoveryTurns: 1, reuseMs: 0 })
    const goOn = world.stall('history')
    const [first, second] = [world.startJoin('bob', at(1)), world.startJoin('cid', at(2))]
    await world.clock.advance(5001)
    goOn()
    await world.clock.advance(100)
    expect(await first).toBe('recovered 4 [2, 3, 4]')
    expect(await second).toBe('resync 4')
  })
})

describe('[SES30] a read of history', () => {
  /** A user's budget that writes down what was paid. */
  function createReads(bytes = Infinity): ReadBudget & { paid: number[] } {
    const paid: number[] = []
    return {
      paid,
      reserve: async (wanted) => wanted <= bytes,
      settle: (_reserved, read) => void paid.push(read),
    }
  }
  const joinWith = async (reads: ReadBudget, cursor: number) => {
    const joining = world.hub.join(
      [{ channel: north, cursor: at(cursor), reads }],
      ([one]) => `${one!.status} ${one!.position.seq}`,
    )
    joining.catch(() => {})
    await world.clock.advance(0)
    return joining
  }
  const MOST = 2000

  it('that ends by the limit of bytes is paid in full, again and again', async () => {
    await begin(40, { recoveryBytes: MOST })
    const reads = createReads()
    for (const cursor of [10, 11, 12]) expect(await joinWith(reads, cursor)).toBe('resync 40')
    expect(world.reads.count).toBe(3)
    for (const paid of reads.paid) expect(paid).toBeGreaterThan(1024 + MOST / 2)
    expect(reads.paid).toHaveLength(3)
  })

  it('is paid by who begins it: those who share it, or what is left of it, pay nothing', async () => {
    await begin(40)
    const all = Array.from({ length: 50 }, () => createReads())
    const answers = all.map((reads) => joinWith(reads, 10))
    await world.clock.advance(1000)
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['recovered 40']))
    expect(world.reads.count).toBe(1)
    const late = createReads()
    await joinWith(late, 20)
    const payers = all.filter(({ paid: [bytes] }) => bytes! > 0)
    expect(payers).toHaveLength(1)
    expect(late.paid).toEqual([0])
  })

  it('that fails is paid in full', async () => {
    await begin(40, { recoveryBytes: MOST })
    const reads = createReads()
    world.reader.history = async () => Promise.reject(new Error('too late'))
    await expect(joinWith(reads, 10)).rejects.toThrow('too late')
    expect(reads.paid).toEqual([MOST])
  })

  it('that cannot be paid is not made: the answer is a resync', async () => {
    await begin(40, { recoveryBytes: MOST })
    expect(await joinWith(createReads(MOST - 1), 10)).toBe('resync 40')
    expect(world.reads.count).toBe(0)
  })
})

describe('[SES24] a request over budget', () => {
  it('gets what costs nothing, and else a resync, without a read', async () => {
    await begin(4)
    await world.append(5, 6)
    const join = (seq: number) =>
      world.hub.join(
        [{ channel: north, cursor: at(seq), isOverBudget: true }],
        ([one]) => `${one!.status} ${one!.position.seq}`,
      )
    expect(await join(6)).toBe('recovered 6')
    expect(await join(5)).toBe('resync 6')
    expect(await join(1)).toBe('resync 6')
    expect(world.reads.count).toBe(0)
    // Nor does it wait for what the node does not have yet.
    expect(await join(99)).toBe('resync 6')
  })
})

it('[SES24] more than history gives costs no read, whatever the cursors are', async () => {
  await begin(60, { recoveryEntries: 20 })
  const answers = await joinAll(Array.from({ length: 39 }, (_, i) => i + 1))
  expect(new Set(answers)).toEqual(new Set(['resync 60']))
  expect(world.reads.count).toBe(0)
  expect(await joinAll([40])).toEqual([`recovered 60 [${seqs(41, 60)}]`])
})
