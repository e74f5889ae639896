import type { Socket as NetSocket } from 'node:net'
import type { ChannelName, SessionId, TenantId, UserId } from '@derm/contract'
import type { Socket } from 'socket.io'
import type { TopicInterest } from '../access/topic-interest.ts'

/** The parts of Engine.IO's WebSocket transport and of `ws` that the direct path needs. A test fails when an update takes them away. */
type Transport = {
  name: string
  socket?: {
    readyState: number
    _socket?: NetSocket | null
    _sender?: { _queue?: unknown[]; _state?: number }
    terminate(): void
  }
}

/** What was asked for while an answer to `subscribe` is being prepared, and no longer wanted by its end. */
export type Withdrawn = Set<ChannelName>

type Conn = {
  transport: Transport
  writeBuffer: unknown[]
  readyState: string
  write(data: string, options: object): void
}

/** A connected socket that passed the handshake. */
export class Member {
  readonly channels = new Set<ChannelName>()
  /** What was asked for, by `topic|location`, also where nothing of it is granted: it counts for what is granted later. */
  readonly interests = new Map<string, TopicInterest>()
  /** One for each `subscribe` that is not answered yet. */
  readonly underWay = new Set<Withdrawn>()
  /** Drawn, so that a round over all members reaches about as many of them in each of its turns. */
  readonly cohort = Math.floor(Math.random() * 65_536)
  isClosed = false
  isWarned = false
  /** As `askedAt`, by this process' own clock. */
  readonly connectedAt = performance.now()
  /** When it last asked for anything. */
  askedAt = performance.now()
  toldLagging: boolean | undefined
  /** Looked up once: on the way of every delivery, each step from object to object costs a cache miss. */
  private readonly conn: Conn
  private readonly ws: Transport['socket']
  private readonly tcp: NetSocket | null | undefined

  constructor(
    readonly socket: Socket,
    readonly userId: UserId,
    readonly tenantId: TenantId,
    readonly sessionId: SessionId,
    /** Seconds since 1970. */
    public expiresAt: number,
    /** The key that signed its newest token. */
    public kid: string,
    private readonly maxBufferedBytes: number,
    private readonly onSlow: (member: Member) => void,
  ) {
    this.conn = socket.conn as unknown as Conn
    this.ws = this.conn.transport.socket
    this.tcp = this.ws?._socket
  }

  /**
   * Writes ready frames: `raw` holds them as WebSocket bytes, `frames` as Engine.IO texts. Straight to the TCP socket, unless packets
   * wait in Engine.IO's buffer: then behind those, so that the order of answers and events holds.
   */
  write(raw: Buffer, frames: readonly string[]): void {
    if (this.isClosed) return
    const { conn, ws, tcp } = this
    if (!tcp || ws?.readyState !== 1) return
    if (tcp.writableLength > this.maxBufferedBytes) return this.onSlow(this)
    if (conn.writeBuffer.length === 0 && conn.readyState === 'open' && ws._sender?._queue?.length === 0) {
      tcp.write(raw)
      return
    }
    for (const frame of frames) {
      // The connection's meter may have ended it at the frame before.
      if (this.isEnded()) return
      // Without its leading 4: Engine.IO writes the type of the packet itself.
      conn.write(frame.slice(1), { compress: false })
    }
  }

  private isEnded(): boolean {
    return this.isClosed
  }

  /** A client that does not read what it was last sent would keep it waiting, and take it later: ends it then. */
  expectEnd(withinMs: number): void {
    const { ws } = this
    if (ws && ws.readyState !== 3) setTimeout(() => ws.readyState === 3 || ws.terminate(), withinMs).unref()
  }

  /** Calls back if what was written up to now has not left the process by then. */
  expectFlush(withinMs: number, onWaiting: (member: Member) => void): void {
    const { tcp } = this
    if (!tcp || tcp.writableLength === 0) return
    const written = tcp.bytesWritten
    setTimeout(() => {
      if (tcp.bytesWritten - tcp.writableLength < written) onWaiting(this)
    }, withinMs).unref()
  }

  /** Frees what waits for a client that does not read: nothing else does so at once. */
  terminate(): void {
    this.isClosed = true
    this.ws?.terminate()
  }
}
