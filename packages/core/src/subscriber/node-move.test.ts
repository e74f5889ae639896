import { describe, expect, it } from 'vitest'
import { settle } from '../testing/manual-clock.ts'
import { setUp } from './test-line.ts'

describe('a node that asks its clients to go', () => {
  it('[SUB26] is listened to until the moment, and left then', async () => {
    const { line, clock, told, connect, status } = setUp()
    await connect(10)
    line.say('server:draining', { reconnectInMs: 4_000, node: 'n1' })
    await clock.advance(3_999)
    line.send(11)
    expect(told.at(-1)).toBe('11')
    expect([status(), line.tokens.length]).toEqual(['live', 1])
    await clock.advance(1)
    expect([status(), line.tokens.length]).toEqual(['connecting', 2])
    line.handlers!.onConnect()
    expect(line.asked.at(-1)!.body.channels![0]!.cursors).toMatchObject({ [line.event(1).channel]: { seq: 11 } })
    line.ack({ seq: 12, status: 'recovered', events: [line.event(12)] })
    expect(status()).toBe('live')
    await clock.advance(60_000)
    expect(line.connections).toHaveLength(2)
  })

  it('[SUB27] is avoided in the first try, one more try follows soon, then the back-off', async () => {
    const { line, clock, connect, status } = setUp()
    await connect(10)
    line.say('server:draining', { reconnectInMs: 1_000, node: 'n1' })
    await clock.advance(1_000)
    expect(line.connections.at(-1)).toMatchObject({ avoid: 'n1' })
    line.handlers!.onRefused(undefined)
    await clock.advance(250)
    expect(line.connections).toHaveLength(3)
    expect(line.connections.at(-1)).not.toHaveProperty('avoid')
    expect(status()).toBe('connecting')
    // From here on as after any failure: each pause may be longer than the one before.
    let pauses = 0
    for (let i = 0; i < 4; i++) {
      line.handlers!.onRefused('server_draining')
      const before = line.connections.length
      await clock.advance(100)
      if (line.connections.length === before) pauses++
      await clock.advance(20_000)
    }
    expect(pauses).toBe(4)
    expect(status()).toBe('offline')
  })

  it('[SUB27] one that says so only by its refusal gets the same two tries, and no more', async () => {
    const { line, clock, connect } = setUp()
    await connect(10)
    line.say('closing', { code: 'server_draining' })
    line.handlers!.onDisconnect()
    await clock.advance(0)
    expect(line.connections).toHaveLength(2)
    line.handlers!.onRefused('server_draining')
    await clock.advance(250)
    expect(line.connections).toHaveLength(3)
    line.handlers!.onRefused('server_draining')
    await clock.advance(100)
    expect(line.connections).toHaveLength(3)
  })

  it('[SUB27] is no failure, however many nodes are replaced one after the other', async () => {
    const { line, clock, connect } = setUp()
    await connect(10)
    for (let i = 0; i < 10; i++) {
      line.say('server:draining', { reconnectInMs: 500, node: `n${i}` })
      await clock.advance(500)
      expect(line.connections).toHaveLength(i + 2)
      line.handlers!.onConnect()
      line.ack({ seq: 10, status: 'recovered' })
    }
  })

  it('a moment of a connection that is gone is nothing', async () => {
    const { line, clock, connect, subscriber } = setUp()
    await connect(10)
    line.say('server:draining', { reconnectInMs: 5_000, node: 'n1' })
    subscriber.close()
    await clock.advance(60_000)
    expect(line.connections).toHaveLength(1)
  })
})

describe('[SUB28] a server of another version', () => {
  it('of the one before is asked in that version, at once', async () => {
    const { line, clock, subscriber, status } = setUp({ protocol: 3 })
    subscriber.start()
    await settle()
    line.handlers!.onRefused('protocol_unsupported')
    await clock.advance(0)
    expect(line.connections.map(({ protocol }) => protocol)).toEqual([3, 2])
    line.handlers!.onConnect()
    expect(status()).toBe('live')
    // The next node may be of the new version.
    line.handlers!.onDisconnect()
    await clock.advance(1_000)
    expect(line.connections.at(-1)!.protocol).toBe(3)
  })

  it('that serves neither is no loop: the client says so, and looks again after a minute', async () => {
    const { line, clock, subscriber, status } = setUp({ protocol: 3 })
    subscriber.start()
    await settle()
    for (let i = 0; i < 2; i++) {
      line.handlers!.onRefused('protocol_unsupported')
      await clock.advance(0)
    }
    expect([status(), line.connections.length]).toEqual(['stopped', 2])
    expect(subscriber.getConnection().code).toBe('protocol_unsupported')
    await clock.advance(20_000)
    expect(line.connections).toHaveLength(2)
    await clock.advance(70_000)
    expect(status()).toBe('stopped')
    expect(line.connections).toHaveLength(3)
    line.handlers!.onConnect()
    expect(status()).toBe('live')
  })
})
