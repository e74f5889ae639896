import { EventEmitter } from 'node:events'
import type { ChannelName } from '@derm/contract'
import type { Server } from 'socket.io'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RoomSizes } from './room-sizes.ts'

const CHANNEL = 'tenant/t/patients' as ChannelName
const SMALL = 'tenant/t/billing' as ChannelName

describe('the sizes of rooms over all nodes', () => {
  let told: unknown[][]
  let io: EventEmitter
  let sizes: RoomSizes
  beforeEach(() => {
    vi.useFakeTimers()
    told = []
    io = Object.assign(new EventEmitter(), { serverSideEmit: (...message: unknown[]) => told.push(message) })
    sizes = new RoomSizes(
      io as unknown as Server,
      'one',
      (channel) => (channel === CHANNEL ? 300 : 19),
      () => [CHANNEL, SMALL],
    )
    sizes.start()
  })
  afterEach(() => {
    sizes.stop()
    vi.useRealTimers()
  })

  it('[INV5] spread a large room’s refetches, and leave a small one alone', () => {
    expect(sizes.spreadMs(CHANNEL, 19)).toBe(0)
    expect(sizes.spreadMs(CHANNEL, 20)).toBe(200)
    expect(sizes.spreadMs(CHANNEL, 1_000_000)).toBe(10_000)
  })

  it('count what other nodes tell, until they have been silent for long', () => {
    io.emit('room:sizes', 'two', { [CHANNEL]: 500 })
    expect(sizes.spreadMs(CHANNEL, 100)).toBe(6000)
    vi.advanceTimersByTime(30_000)
    expect(sizes.spreadMs(CHANNEL, 100)).toBe(1000)
  })

  it('tell the others of large rooms only', () => {
    vi.advanceTimersByTime(5000)
    expect(told).toEqual([['room:sizes', 'one', { [CHANNEL]: 300 }]])
  })

  it.each([
    [7, { [CHANNEL]: 500 }],
    ['two', null],
    ['two', 'words'],
    ['two', []],
    ['two', { [CHANNEL]: 'many' }],
    ['two', { [CHANNEL]: {} }],
    ['two', { [CHANNEL]: -1e9 }],
    ['__proto__', JSON.parse('{"__proto__":{"x":1}}')],
  ])('[SES4] take no harm from what another process says: %j %j', (node, body) => {
    io.emit('room:sizes', node, body)
    const spread = sizes.spreadMs(CHANNEL, 100)
    expect(spread).toBe(1000)
  })
})
