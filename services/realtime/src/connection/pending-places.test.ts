import { EventEmitter } from 'node:events'
import type { Socket as NetSocket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PendingPlaces } from './pending-places.ts'

class FakeSocket extends EventEmitter {
  destroyed = false
  destroy() {
    this.destroyed = true
    this.emit('close')
  }
}
const LIMITS = { total: 6, perNetwork: 3, waiting: 4, connections: 1000 }

function setUp(limits = {}, admitted = 0) {
  const places = new PendingPlaces({ ...LIMITS, ...limits }, () => admitted)
  const open = (network: string) => {
    const socket = new FakeSocket() as unknown as NetSocket & FakeSocket
    const one = { socket, decision: undefined as boolean | undefined }
    // `b.1` and `b.2` are neighbours.
    const origin = { network, neighbourhood: network.split('.')[0]! }
    places.take(socket, origin, (isTaken) => (one.decision = isTaken))
    return one
  }
  const openMany = (network: string, count: number) => Array.from({ length: count }, () => open(network))
  return { places, open, openMany }
}
const decisions = (all: readonly { decision: boolean | undefined }[]) => all.map(({ decision }) => decision)

describe('[SES26] a place before admission', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is had at once, up to the network’s limit and the node’s', () => {
    const { openMany, places } = setUp()
    expect(decisions(openMany('a', 5))).toEqual([true, true, true, undefined, undefined])
    expect(decisions(openMany('b', 3))).toEqual([true, true, true])
    expect(decisions(openMany('c', 1))).toEqual([undefined])
    expect(places.size).toBe(6)
  })

  it('counts what is admitted too: a node has so many connections and no more', () => {
    const { openMany } = setUp({ connections: 12 }, 10)
    expect(decisions(openMany('a', 3))).toEqual([true, true, undefined])
  })

  it('is free again on admission and on every end, and the newest that waits gets it', () => {
    const { openMany, places } = setUp()
    const [first, second] = openMany('a', 3)
    const [older, newer] = openMany('a', 2)
    places.release(first!.socket)
    expect(decisions([older!, newer!])).toEqual([undefined, true])
    second!.socket.destroy()
    places.release(second!.socket)
    expect(decisions([older!, newer!])).toEqual([true, true])
    expect(places.size).toBe(3)
  })

  it('is refused when nothing is free in time, or too many wait', () => {
    const { openMany, places } = setUp()
    for (const { socket } of openMany('a', 3)) places.setAsking(socket, true)
    const waiting = openMany('a', 4)
    const newest = openMany('a', 1)
    expect(decisions([...waiting, ...newest])).toEqual([false, undefined, undefined, undefined, undefined])
    vi.advanceTimersByTime(5_500)
    expect(decisions([...waiting, ...newest])).toEqual([false, false, false, false, false])
  })

  it('is lost to who waits by one that shows no token, and only in a network that is full', () => {
    const { openMany, places } = setUp()
    const other = openMany('b', 1)
    const [idle, asking, alsoIdle] = openMany('a', 3)
    places.setAsking(asking!.socket, true)
    const newcomer = openMany('a', 1)
    vi.advanceTimersByTime(1_500)
    expect(decisions(newcomer)).toEqual([true])
    expect([idle, asking, alsoIdle, other[0]].map((one) => one!.socket.destroyed)).toEqual([true, false, false, false])
  })

  it('is not kept by one whose handshakes are refused again and again', () => {
    const { openMany, places } = setUp()
    const all = openMany('a', 3)
    const newcomer = openMany('a', 1)
    for (let n = 0; n < 4; n++) {
      vi.advanceTimersByTime(400)
      for (const { socket } of all) places.setAsking(socket, true)
      for (const { socket } of all) places.setAsking(socket, false)
    }
    expect(decisions(newcomer)).toEqual([true])
  })

  it('of a full node is lost by the network that has most', () => {
    const { openMany } = setUp({ perNetwork: 5 })
    const [small] = openMany('b', 1)
    const flood = openMany('a', 5)
    const newcomer = openMany('c', 1)
    vi.advanceTimersByTime(1_500)
    expect(decisions(newcomer)).toEqual([true])
    expect(small!.socket.destroyed).toBe(false)
    expect(flood.filter(({ socket }) => socket.destroyed)).toHaveLength(1)
  })

  it('ends ten seconds after it was taken', () => {
    const { open, places } = setUp()
    const { socket } = open('a')
    places.setAsking(socket, true)
    vi.advanceTimersByTime(9_999)
    expect(socket.destroyed).toBe(false)
    vi.advanceTimersByTime(1)
    expect([socket.destroyed, places.size]).toEqual([true, 0])
  })

  it('[SEC43] is had by the networks of one /48 together for twice as many as by one', () => {
    const { openMany } = setUp({ total: 100 })
    const flood = Array.from({ length: 20 }, (_, n) => openMany(`a.${n}`, 1)).flat()
    expect(decisions(flood).filter(Boolean)).toHaveLength(6)
    expect(decisions(openMany('b.1', 3))).toEqual([true, true, true])
  })

  it('[SEC43] of a full /48 is lost by one of its own', () => {
    const { openMany } = setUp({ total: 100 })
    const others = openMany('b.1', 2)
    const flood = Array.from({ length: 6 }, (_, n) => openMany(`a.${n}`, 1)).flat()
    const newcomer = openMany('a.9', 1)
    vi.advanceTimersByTime(1_500)
    expect(decisions(newcomer)).toEqual([true])
    expect(flood.filter(({ socket }) => socket.destroyed)).toHaveLength(1)
    expect(others.filter(({ socket }) => socket.destroyed)).toEqual([])
  })

  it('[SEC43] is waited for by so many of a network and of a /48, whose own oldest are refused', () => {
    const { openMany, places } = setUp({ total: 3, waiting: 100 })
    for (const { socket } of openMany('x', 3)) places.setAsking(socket, true)
    const other = openMany('b', 1)
    const one = openMany('a.1', 8)
    expect(decisions(one)).toEqual([false, false, ...Array(6).fill(undefined)])
    const many = Array.from({ length: 20 }, (_, n) => openMany(`c.${n}`, 1)).flat()
    expect(decisions(many)).toEqual([...Array(8).fill(false), ...Array(12).fill(undefined)])
    expect(decisions(other)).toEqual([undefined])
  })

  it('[SEC43] is not lost while waiting to a flood from elsewhere that fills the room for waiting', () => {
    const { openMany, places } = setUp({ total: 3, waiting: 5 })
    for (const { socket } of openMany('x', 3)) places.setAsking(socket, true)
    const other = openMany('b', 1)
    const flood = Array.from({ length: 20 }, (_, n) => openMany(`a.${n}`, 1)).flat()
    expect(decisions(other)).toEqual([undefined])
    expect(decisions(flood).filter((one) => one === undefined)).toHaveLength(4)
    places.stop()
  })

  it('leaves nothing behind', () => {
    const { openMany, places } = setUp()
    const all = [...openMany('a', 7), ...openMany('b', 3)]
    for (const { socket } of all) socket.destroy()
    vi.advanceTimersByTime(20_000)
    expect(places.size).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
    expect(all.reduce((sum, { socket }) => sum + socket.listenerCount('close'), 0)).toBe(0)
  })
})
