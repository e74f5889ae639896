import type { SessionId, TenantId, UserId } from '@derm/contract'
import type { Socket } from 'socket.io'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Member } from './member.ts'

const MAX_BYTES = 1000

function createMember() {
  const written: string[] = []
  const tcp = { writableLength: 0, bytesWritten: 0, write: (bytes: Buffer) => written.push(`tcp ${bytes.toString()}`) }
  const ws = { readyState: 1, _socket: tcp, _sender: { _queue: [] as unknown[] }, terminate: vi.fn() }
  const conn = {
    transport: { socket: ws },
    writeBuffer: [] as unknown[],
    readyState: 'open',
    write: (text: string) => written.push(`engine ${text}`),
  }
  const ended: Member[] = []
  const member = new Member(
    { conn } as unknown as Socket,
    'user' as UserId,
    'tenant' as TenantId,
    'session' as SessionId,
    0,
    'kid',
    MAX_BYTES,
    (slow) => ended.push(slow),
  )
  return { member, tcp, ws, conn, written, ended }
}

describe('a member', () => {
  it('[SES2] is written to directly, but never past what waits in Engine.IO', () => {
    const { member, conn, ws, written } = createMember()
    member.write(Buffer.from('raw'), ['42["a"]'])
    conn.writeBuffer.push('an answer')
    member.write(Buffer.from('raw'), ['42["b"]', '42["c"]'])
    conn.writeBuffer.length = 0
    ws._sender._queue.push('a frame')
    member.write(Buffer.from('raw'), ['42["d"]'])
    expect(written).toEqual(['tcp raw', 'engine 2["b"]', 'engine 2["c"]', 'engine 2["d"]'])
  })

  it('[SES7] whose buffer is full is ended, and written to no more', () => {
    const { member, tcp, written, ended } = createMember()
    tcp.writableLength = MAX_BYTES
    member.write(Buffer.from('fits'), ['42["a"]'])
    tcp.writableLength = MAX_BYTES + 1
    member.write(Buffer.from('raw'), ['42["b"]'])
    expect(written).toEqual(['tcp fits'])
    expect(ended).toEqual([member])
  })

  it('[SEC2] that is closed gets nothing', () => {
    const { member, written } = createMember()
    member.isClosed = true
    member.write(Buffer.from('raw'), ['42["a"]'])
    expect(written).toEqual([])
  })
})

describe('what waits for a client that does not read', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('[SEC2] is thrown away when its time to close is over', () => {
    const [stuck, gone] = [createMember(), createMember()]
    for (const { member } of [stuck, gone]) member.expectEnd(1000)
    gone.ws.readyState = 3
    vi.advanceTimersByTime(999)
    expect(stuck.ws.terminate).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(stuck.ws.terminate).toHaveBeenCalledOnce()
    expect(gone.ws.terminate).not.toHaveBeenCalled()
  })

  it('[SEC2] of a channel that was taken away ends the client, unless it has gone out by then', () => {
    const cases = [createMember(), createMember(), createMember()]
    const [idle, reading, stuck] = cases as [(typeof cases)[0], (typeof cases)[0], (typeof cases)[0]]
    for (const { tcp } of [reading, stuck]) Object.assign(tcp, { bytesWritten: 500, writableLength: 100 })
    const slow: Member[] = []
    for (const { member } of cases) member.expectFlush(1000, (one) => slow.push(one))
    // New bytes wait meanwhile, the old ones are out.
    Object.assign(reading.tcp, { bytesWritten: 700, writableLength: 150 })
    Object.assign(stuck.tcp, { bytesWritten: 700, writableLength: 300 })
    vi.advanceTimersByTime(1000)
    expect(slow).toEqual([stuck.member])
    expect(idle.ended).toEqual([])
  })
})
