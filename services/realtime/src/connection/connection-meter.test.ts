import { EventEmitter } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { ConnectionMeter, type Conn } from './connection-meter.ts'

const LIMITS = { frames: { burst: 5, rate: 0 }, bytes: { burst: 200_000, rate: 0 }, bufferedBytes: 100_000 }

function setUp() {
  const tcp = Object.assign(new EventEmitter(), { writableLength: 0, pause: vi.fn() })
  const ws = Object.assign(new EventEmitter(), {
    ...{ _socket: tcp, _receiver: new EventEmitter() },
    ...{ pong: vi.fn(), pause: vi.fn(), terminate: vi.fn() },
  })
  const conn = Object.assign(new EventEmitter(), { transport: { socket: ws }, readyState: 'open' })
  const told: string[] = []
  const meter = new ConnectionMeter(conn as unknown as Conn, LIMITS, {
    onRefused: (_conn, code) => told.push(code),
    onSlow: () => told.push('slow'),
  })
  const write = (bytes: number) => conn.emit('packetCreate', { data: 'x'.repeat(bytes) })
  const say = (text: string, isBinary = false) => ws.emit('message', Buffer.from(text), isBinary)
  return { tcp, ws, conn, told, meter, write, say }
}

describe('[SES21] what waits for a client', () => {
  it('counts in Engine.IO’s buffer and in TCP’s together, whatever it is', () => {
    const { tcp, conn, told, meter, write, ws } = setUp()
    meter.admit()
    write(40_000)
    tcp.writableLength = 50_000
    expect(meter.room).toBe(10_000)
    write(10_000)
    expect(told).toEqual([])
    write(1)
    write(1)
    expect([told, ws.terminate.mock.calls.length]).toEqual([['slow'], 1])
    conn.emit('flush')
  })

  it('is none of Engine.IO’s once it has been flushed', () => {
    const { conn, told, meter, write } = setUp()
    meter.admit()
    for (let i = 0; i < 100; i++) {
      write(90_000)
      conn.emit('flush')
    }
    expect([told, meter.room]).toEqual([[], 100_000])
  })

  it('is less before the admission', () => {
    const { told, write } = setUp()
    write(65_537)
    expect(told).toEqual(['slow'])
  })

  it('gets no pong on top, while something waits', () => {
    const { tcp, ws } = setUp()
    ws.emit('ping', Buffer.from('a'))
    tcp.writableLength = 1
    ws.emit('ping', Buffer.from('b'))
    expect(ws.pong.mock.calls).toEqual([[Buffer.from('a')]])
  })
})

describe('[SES20] what a client sends', () => {
  it('counts as frames, of every kind together', () => {
    const { ws, told, say } = setUp()
    ws.emit('ping', Buffer.alloc(0))
    ws.emit('pong', Buffer.alloc(0))
    say('3')
    say('40{}')
    say('6')
    expect(told).toEqual([])
    ws.emit('pong', Buffer.alloc(0))
    say('3')
    expect([told, ws.pause.mock.calls.length]).toEqual([['rate_limited'], 1])
  })

  it('counts as bytes, each read with what it costs to keep', () => {
    const { tcp, told, meter } = setUp()
    for (let i = 0; i < 255; i++) tcp.emit('data', Buffer.alloc(1))
    expect(told).toEqual([])
    tcp.emit('data', Buffer.alloc(1))
    expect(told).toEqual(['rate_limited'])
    // It reads on no more, also where the library would.
    tcp.emit('data', Buffer.alloc(1))
    expect(tcp.pause).toHaveBeenCalled()
    meter.admit()
  })

  it('may be more once it is admitted', () => {
    const { tcp, told, meter } = setUp()
    meter.admit()
    tcp.emit('data', Buffer.alloc(199_000))
    expect(told).toEqual([])
  })

  it.each([
    ['a binary message', 'x', true],
    ['an event with attachments', '451-["a",{"_placeholder":true,"num":0}]', false],
    ['an answer with attachments', '461-1["a"]', false],
  ])('is not %s', (_name, text, isBinary) => {
    const { told, say } = setUp()
    say(text, isBinary)
    expect(told).toEqual(['packet_malformed'])
  })

  it('is too large, or malformed, as the library finds', () => {
    for (const [code, expected] of [
      ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'packet_too_large'],
      ['WS_ERR_TOO_MANY_BUFFERED_PARTS', 'packet_malformed'],
    ]) {
      const { ws, told } = setUp()
      ws._receiver.emit('error', Object.assign(new Error(), { code }))
      expect(told).toEqual([expected])
    }
  })
})
