import type { Socket as NetSocket } from 'node:net'
import type { ErrorCode } from '@derm/contract'
import type { Socket } from 'socket.io'
import type { WebSocket } from 'ws'
import { TokenBucket } from './token-bucket.ts'

export type Conn = Socket['conn']
export type Rate = { burst: number; rate: number }
export type MeterLimits = {
  /** Frames of every kind: packets, pings, pongs. */
  frames: Rate
  /** As they come from TCP, whatever they are. */
  bytes: Rate
  /** What may wait for a client that does not read. */
  bufferedBytes: number
}

/** A read from TCP costs this much memory besides its bytes, and so counts as that much more. */
const READ_COST_BYTES = 256
/** What is due to a connection that was ended is thrown away after this. */
const END_AFTER_MS = 1000

/**
 * A connection that has not been admitted sends a handshake or two, and is owed their answers. With these bounds, thousands of them are
 * no danger to the node's memory.
 */
const BEFORE_ADMISSION = { bytes: { burst: 65_536, rate: 4_096 }, bufferedBytes: 65_536 }

export type MeterHandlers = {
  /** The connection is over its limits, or not of this protocol. It reads nothing any more, and ends within a second. */
  onRefused(conn: Conn, code: Extract<ErrorCode, 'rate_limited' | 'packet_malformed' | 'packet_too_large'>): void
  /** It does not read what it is sent. */
  onSlow(conn: Conn): void
}

type Watched = WebSocket & { _socket: NetSocket; _receiver: NodeJS.EventEmitter }
/** A packet of Engine.IO's, before it is encoded. */
type Packet = { data?: string | Buffer }

/**
 * Counts all that goes through one connection, below Engine.IO and Socket.IO: what these two answer by themselves, keep, or drop (pings,
 * fragments, heartbeats, packets of no handler) passes no handler of ours. [SES20] [SES21]
 */
export class ConnectionMeter {
  private readonly frames: TokenBucket
  private bytes = toBucket(BEFORE_ADMISSION.bytes)
  private maxBuffered = BEFORE_ADMISSION.bufferedBytes
  /** Bytes in Engine.IO's own buffer: it keeps them back until TCP has taken those before. */
  private waitingBytes = 0
  private isOver = false
  private readonly ws: Watched
  private readonly tcp: NetSocket

  constructor(
    private readonly conn: Conn,
    private readonly limits: MeterLimits,
    private readonly handlers: MeterHandlers,
  ) {
    this.frames = toBucket(limits.frames)
    this.ws = (conn.transport as unknown as { socket: Watched }).socket
    this.tcp = this.ws._socket
    this.watchReads()
    this.watchWrites()
  }

  /** From here on the limits of a member hold. */
  admit(): void {
    this.bytes = toBucket(this.limits.bytes)
    this.maxBuffered = this.limits.bufferedBytes
  }

  /** How much more may wait for the client before it counts as slow. */
  get room(): number {
    return Math.max(0, this.maxBuffered - this.waitingBytes - this.tcp.writableLength)
  }

  private watchReads(): void {
    const { ws, tcp } = this
    tcp.prependListener('data', (chunk: Buffer) => {
      // `ws` reads on after an error, to the end of what was sent.
      if (this.isOver) tcp.pause()
      else if (!this.bytes.take(chunk.length + READ_COST_BYTES)) this.refuse('rate_limited')
    })
    ws.prependListener('message', (data: Buffer, isBinary: boolean) => {
      // Socket.IO would keep ten attachments of the largest size for the message that they belong to. The protocol has none.
      if (isBinary || isBinaryPacket(data)) this.refuse('packet_malformed')
      else this.countFrame()
    })
    ws.on('ping', (data: Buffer) => {
      // RFC 6455: of several pings, only the last need be answered. One that is not read yet is answer enough.
      if (this.countFrame() && tcp.writableLength === 0) ws.pong(data)
    })
    ws.on('pong', () => void this.countFrame())
    ws._receiver.prependListener('error', (error: NodeJS.ErrnoException) => {
      const isTooLarge = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
      this.refuse(isTooLarge ? 'packet_too_large' : 'packet_malformed')
    })
  }

  private watchWrites(): void {
    const { conn, tcp } = this
    conn.on('packetCreate', ({ data }: Packet) => {
      // Of a text, the characters: nearly all of them are ASCII.
      this.waitingBytes += data?.length ?? 0
      if (this.waitingBytes + tcp.writableLength > this.maxBuffered) this.endSlow()
    })
    conn.on('flush', () => (this.waitingBytes = 0))
  }

  private countFrame(): boolean {
    if (this.isOver) return false
    if (this.frames.take()) return true
    this.refuse('rate_limited')
    return false
  }

  private refuse(code: Parameters<MeterHandlers['onRefused']>[1]): void {
    if (this.isOver || this.conn.readyState !== 'open') return
    this.isOver = true
    this.handlers.onRefused(this.conn, code)
    // Nothing is read any more: what is on its way would be taken apart for nobody.
    this.ws.pause()
    setTimeout(() => this.ws.terminate(), END_AFTER_MS).unref()
  }

  private endSlow(): void {
    if (this.isOver) return
    this.isOver = true
    this.handlers.onSlow(this.conn)
    this.ws.terminate()
  }
}

/** `45…` and `46…`: a message with attachments, which follow as binary frames. */
function isBinaryPacket(data: Buffer): boolean {
  return data[0] === 0x34 && (data[1] === 0x35 || data[1] === 0x36)
}

const toBucket = ({ burst, rate }: Rate) => new TokenBucket(burst, rate)
