import { WebSocket } from 'ws'

export type LightOptions = { url: string; origin: string; token: string; location: string }
type At = { epoch: string; seq: number; at?: string }
type Answered = At & { channel: string; status: string; events: At[] }

/** The pauses before the first tries after a connection ended: at once, then soon, as the protocol page says; then longer. */
const PAUSES_MS = [0, 250, 1_000, 2_000, 4_000]

/**
 * A client that does what the protocol page says and keeps no more than a cursor: a thousand of them fit into one process. It stays until the
 * moment that its node names, and comes back with its cursor.
 */
export class LightClient {
  lost = 0
  twice = 0
  resyncs = 0
  connects = 0
  refused = 0
  last: (At & { channel: string }) | undefined
  /** The longest time between two events, in milliseconds. */
  longestSilenceMs = 0
  /** The longest time from an event's commit until it was here, however it came, in milliseconds. */
  longestLateMs = 0
  /** The longest time from leaving a node to being served by the next, in milliseconds. */
  longestMoveMs = 0
  private leftAt: number | undefined
  private isMeasured = false
  private heardAt = 0
  private socket: WebSocket | undefined
  private failures = 0
  private avoid: string | undefined
  private isClosed = false

  constructor(
    private readonly options: LightOptions,
    private readonly onLive: () => void,
  ) {
    this.connect()
  }

  /** From here on silence and lateness are measured. */
  begin(): void {
    this.isMeasured = true
    this.longestSilenceMs = 0
    this.longestLateMs = 0
    this.heardAt = performance.now()
  }

  close(): void {
    this.isClosed = true
    this.socket?.terminate()
  }

  private connect(): void {
    if (this.isClosed) return
    const { url, origin, token, location } = this.options
    const avoid = this.avoid === undefined ? '' : `&avoid=${this.avoid}`
    this.avoid = undefined
    this.connects++
    const socket = new WebSocket(`${url}/realtime/?EIO=4&transport=websocket${avoid}`, {
      perMessageDeflate: false,
      headers: { origin },
    })
    this.socket = socket
    socket.on('error', () => this.refused++)
    socket.on('close', () => {
      if (this.socket !== socket) return
      const pause = PAUSES_MS[Math.min(this.failures++, PAUSES_MS.length - 1)]!
      setTimeout(() => this.connect(), pause * (0.5 + Math.random() / 2))
    })
    socket.on('message', (data: Buffer) => {
      if (this.socket !== socket) return
      const text = data.toString()
      if (text === '2') socket.send('3')
      else if (text.startsWith('0')) socket.send(`40${JSON.stringify({ token, protocol: 1 })}`)
      else if (text.startsWith('40')) {
        const cursors = this.last ? { [this.last.channel]: { epoch: this.last.epoch, seq: this.last.seq } } : {}
        socket.send(`420${JSON.stringify(['subscribe', { channels: [{ topic: 'scheduling', location, cursors }] }])}`)
      } else if (text.startsWith('43')) this.accept(text)
      else if (text.startsWith('42')) this.hear(socket, JSON.parse(text.slice(2)) as [string, Record<string, unknown>])
    })
  }

  private accept(text: string): void {
    const [answer] = JSON.parse(text.slice(text.indexOf('['))) as [{ ok: boolean; channels?: Answered[] }]
    const [channel] = answer.channels ?? []
    if (!answer.ok || !channel) return this.socket?.terminate()
    this.failures = 0
    if (channel.status === 'resync') this.resyncs++
    for (const event of channel.events) this.take({ ...event, channel: channel.channel })
    if (channel.status === 'recovered' && channel.seq !== this.last?.seq) this.lost++
    this.last = { channel: channel.channel, epoch: channel.epoch, seq: channel.seq }
    if (this.leftAt !== undefined) this.longestMoveMs = Math.max(this.longestMoveMs, performance.now() - this.leftAt)
    this.leftAt = undefined
    this.onLive()
  }

  private hear(socket: WebSocket, [name, body]: [string, Record<string, unknown>]): void {
    if (name === 'server:draining') {
      this.avoid = body['node'] as string | undefined
      setTimeout(() => this.leave(socket), body['reconnectInMs'] as number)
    } else if (name.includes(':') && typeof body['seq'] === 'number') this.take(body as At & { channel: string })
  }

  /** As the client of the pages does: it closes the connection and opens the next one, and waits for nobody's word. */
  private leave(socket: WebSocket): void {
    if (this.socket !== socket || this.isClosed) return
    this.failures = 1
    this.leftAt = performance.now()
    this.connect()
    socket.close()
  }

  private take({ channel, epoch, seq, at }: At & { channel: string }): void {
    const { last } = this
    if (last && (epoch < last.epoch || (epoch === last.epoch && seq <= last.seq))) return void this.twice++
    if (last && (epoch !== last.epoch || seq !== last.seq + 1)) this.lost++
    this.last = { channel, epoch, seq }
    const now = performance.now()
    this.longestSilenceMs = Math.max(this.longestSilenceMs, now - this.heardAt)
    this.heardAt = now
    if (this.isMeasured && at !== undefined)
      this.longestLateMs = Math.max(this.longestLateMs, Date.now() - Date.parse(at))
  }
}
