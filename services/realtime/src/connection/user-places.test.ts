import type { UserId } from '@derm/contract'
import { describe, expect, it } from 'vitest'
import { UserPlaces } from './user-places.ts'

const [ann, bob] = ['ann', 'bob'] as UserId[] as [UserId, UserId]

function setUp(limit = 3) {
  let now = 0
  const idle = new Map<object, number>()
  const ended: object[] = []
  const places = new UserPlaces<{ name: string }>({
    limit,
    now: () => now,
    idleMs: (holder) => idle.get(holder) ?? 0,
    makeRoom(holder) {
      ended.push(holder)
      places.release(holder)
    },
  })
  const open = (name: string, userId = ann) => {
    const holder = { name }
    return { holder, isTaken: places.take(userId, holder) }
  }
  /** A connection that was admitted some time ago. */
  const admit = (name: string, userId = ann) => {
    const { holder, isTaken } = open(name, userId)
    if (isTaken) places.confirm(holder)
    return holder
  }
  return { places, idle, ended, open, admit, pass: (ms: number) => (now += ms) }
}

describe('[SES25] a user’s place', () => {
  it('counts from the start of a handshake, so that those that are under way together are no more than the limit', () => {
    const { open, places } = setUp()
    const taken = Array.from({ length: 200 }, (_, i) => open(`${i}`)).filter(({ isTaken }) => isTaken)
    expect(taken).toHaveLength(3)
    expect(open('other', bob).isTaken).toBe(true)
    for (const { holder } of taken) places.confirm(holder)
    expect(places.countOf(ann)).toBe(3)
  })

  it('is given back when the handshake fails, once', () => {
    const { open, places } = setUp(1)
    const failed = open('failed').holder
    expect(open('other').isTaken).toBe(false)
    places.release(failed)
    places.release(failed)
    expect(places.countOf(ann)).toBe(0)
    expect(open('next').isTaken).toBe(true)
  })

  it('is had by the newest, in place of the one that has asked for nothing for longest', () => {
    const { admit, idle, ended, pass, places } = setUp()
    const [a, b, c] = ['a', 'b', 'c'].map((name) => admit(name)) as [object, object, object]
    idle.set(a, 10).set(b, 500).set(c, 20)
    pass(2_000)
    admit('newest')
    expect(ended).toEqual([b])
    expect(places.countOf(ann)).toBe(3)
  })

  it('is not had at another’s cost before the handshake is good', () => {
    const { admit, open, ended, pass, places } = setUp(2)
    const first = admit('first')
    admit('second')
    pass(2_000)
    const forged = open('with a token of an ended session')
    expect([forged.isTaken, ended]).toEqual([true, []])
    places.release(forged.holder)
    expect(ended).toEqual([])
    // What would have made room may do so for the next one.
    admit('good')
    expect(ended).toEqual([first])
  })

  it('of one that was just let in is left alone', () => {
    const { admit, open, pass } = setUp(2)
    admit('first')
    admit('second')
    pass(1_999)
    expect(open('third').isTaken).toBe(false)
    pass(1)
    expect(open('third').isTaken).toBe(true)
  })

  it('is made by one for one: as many newcomers as there are connections, and no more', () => {
    const { admit, open, pass, ended, places } = setUp(2)
    admit('first')
    admit('second')
    pass(2_000)
    const newcomers = Array.from({ length: 50 }, (_, i) => open(`${i}`)).filter(({ isTaken }) => isTaken)
    expect(newcomers).toHaveLength(2)
    for (const { holder } of newcomers) places.confirm(holder)
    expect(ended).toHaveLength(2)
    expect(places.countOf(ann)).toBe(2)
  })
})
