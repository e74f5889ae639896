import { parsePositions, comparePositions, type EventEnvelope, type Position, type SubscribeAck } from '@derm/contract'
import { io, type Socket } from 'socket.io-client'

export type Row = { version: number; status: string; providerId: string; startsAt: string }

export type PlainClientOptions = {
  /** Where the n-th attempt to connect goes: as behind a load balancer. */
  urlOf: (attempt: number) => string
  apiUrl: () => string
  origin: string
  token: () => Promise<string>
  locationId: string
  /** The day that the client's view shows, as ISO times. */
  from: string
  to: string
}

/**
 * A client as an integrator would write it: `socket.io-client`, cursors, and nothing of ours that decides delivery. It
 * keeps what it applied and a view (the day's appointments), so that both can be compared with Postgres.
 */
export class PlainClient {
  readonly applied: EventEnvelope[] = []
  readonly view = new Map<string, Row>()
  /** Per channel, what a resync left out: events up to here may be missing. */
  readonly resyncs: ({ channel: string } & Position)[] = []
  /** Per channel, where what it applied begins: the first acknowledgement's position. */
  readonly starts = new Map<string, Position>()
  readonly faults: string[] = []
  recovered = 0
  disconnects = 0
  /** How long it heard nothing, each time that its socket ended: until it was subscribed again, in milliseconds. */
  readonly silences: number[] = []
  private silentSince: number | undefined
  node = ''
  private readonly cursors: Record<string, Position> = {}
  private socket!: Socket
  private attempts = 0
  private isClosed = false
  private loading: Promise<void> = Promise.resolve()

  constructor(private readonly options: PlainClientOptions) {
    this.connect()
  }

  private connect(): void {
    const { options } = this
    const socket = io(options.urlOf(this.attempts++), {
      path: '/realtime',
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      extraHeaders: { origin: options.origin },
      auth: (send) => void options.token().then((token) => send({ token, protocol: 1 })),
    })
    this.socket = socket
    const again = (ms: number) => {
      socket.removeAllListeners()
      socket.disconnect()
      if (!this.isClosed) setTimeout(() => !this.isClosed && this.connect(), ms)
    }
    socket.on('disconnect', () => {
      this.disconnects++
      this.silentSince ??= performance.now()
      again(50)
    })
    socket.on('connect_error', () => again(200))
    socket.on('connect', () => this.subscribe())
    socket.onAny((name: string, event: EventEnvelope) => {
      if (name.includes(':') && typeof event?.seq === 'number' && typeof event.id === 'string') this.apply(event)
    })
    socket.on('resync', (at: { channel: string } & Position) => this.resync(at.channel, at))
  }

  get isSubscribed(): boolean {
    return this.starts.size > 0
  }

  /** Subscribed, and not cut off since. */
  get isLive(): boolean {
    return this.isSubscribed && this.silentSince === undefined
  }

  cursor(channel: string): Position | undefined {
    return this.cursors[channel]
  }

  async settle(): Promise<void> {
    await this.loading
  }

  cut(): void {
    this.socket.io.engine?.close()
  }

  close(): void {
    this.isClosed = true
    this.socket.disconnect()
  }

  private subscribe(): void {
    const hadCursors = Object.keys(this.cursors).length > 0
    const channels = [{ topic: 'scheduling', location: this.options.locationId, cursors: { ...this.cursors } }]
    const { socket } = this
    // With a callback, not a promise: events that come in the same packet must find the cursors that the answer brings.
    socket.timeout(15_000).emit('subscribe', { channels }, (error: Error | null, ack: SubscribeAck | undefined) => {
      if (!error && ack?.ok) this.accept(ack, hadCursors)
      else if (socket.connected) setTimeout(() => socket.connected && this.subscribe(), 200)
    })
  }

  private accept(ack: Extract<SubscribeAck, { ok: true }>, hadCursors: boolean): void {
    this.node = ack.node
    if (this.silentSince !== undefined) this.silences.push(performance.now() - this.silentSince)
    this.silentSince = undefined
    for (const { channel, epoch, seq, status, events } of ack.channels) {
      if (!this.starts.has(channel)) this.starts.set(channel, { epoch, seq })
      if (status === 'resync') this.resync(channel, { epoch, seq })
      if (status === 'live' && hadCursors) this.faults.push(`live instead of recovered on ${channel}`)
      for (const event of events) this.apply(event)
      this.recovered += events.length
      if (status === 'live') {
        this.cursors[channel] = { epoch, seq }
        this.reload({ epoch, seq })
      } else if (this.cursors[channel]?.seq !== seq)
        this.faults.push(`acknowledged ${seq}, applied ${this.cursors[channel]?.seq}`)
    }
  }

  private apply(event: EventEnvelope): void {
    const cursor = this.cursors[event.channel]
    if (cursor && comparePositions(event, cursor) <= 0)
      return void this.faults.push(`twice or out of order: ${event.seq}`)
    if (cursor && (event.epoch !== cursor.epoch || event.seq !== cursor.seq + 1))
      this.faults.push(`gap: ${event.seq} after ${cursor.seq}`)
    this.cursors[event.channel] = { epoch: event.epoch, seq: event.seq }
    this.applied.push(event)
    if (event.subject.type === 'appointment')
      this.show(event.subject.id, { ...(event.data as unknown as Row), version: event.subject.version })
  }

  private resync(channel: string, at: Position): void {
    this.resyncs.push({ channel, epoch: at.epoch, seq: at.seq })
    this.cursors[channel] = { epoch: at.epoch, seq: at.seq }
    this.reload(at)
  }

  private show(id: string, { version, status, providerId, startsAt }: Row): void {
    const known = this.view.get(id)
    if (!known || known.version < version) this.view.set(id, { version, status, providerId, startsAt })
  }

  /** Reads the day again until the answer is as new as `needed`. */
  private reload(needed: Position): void {
    this.loading = this.loading.then(async () => {
      for (let attempt = 0; attempt < 100; attempt++) {
        const isNew = await this.readDay(needed).catch(() => false)
        if (isNew) return
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      this.faults.push('the day could not be read again')
    })
  }

  private async readDay(needed: Position): Promise<boolean> {
    const { apiUrl, token, locationId, from, to } = this.options
    const query = new URLSearchParams({ locationId, from, to, limit: '500' })
    const response = await fetch(`${apiUrl()}/api/v1/appointments?${query.toString()}`, {
      headers: { authorization: `Bearer ${await token()}` },
    })
    if (!response.ok) return false
    const asOf = parsePositions(response.headers.get('as-of'))?.[`l:${locationId}/scheduling`]
    if (!asOf || comparePositions(asOf, needed) < 0) return false
    const { items } = (await response.json()) as { items: ({ id: string } & Row)[] }
    for (const item of items) this.show(item.id, item)
    return true
  }
}
