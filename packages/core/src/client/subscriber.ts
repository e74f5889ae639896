import {
  ERRORS,
  comparePositions,
  isErrorCode,
  parseChannel,
  type ClientAction,
  type EventEnvelope,
  type Position,
  type ServerMessages,
  type SubscribeAck,
  type Topic,
} from '@derm/contract'
import type { Clock, Log, Random, Timer } from '../clock.ts'
import { NEXT_STATUS, type Connection, type ConnectionSignal } from './connection-status.ts'
import { SilenceWatch, type SilenceSettings } from './silence-watch.ts'
import type { Transport } from './transport.ts'

export type Want = { topic: Topic; location?: string }

export type SubscriberOptions = {
  transport: Transport
  clock: Clock
  random: Random
  log: Log
  /** A good access token; `refreshToken`: a new one, whatever the old one's age. */
  getToken(): Promise<string>
  refreshToken(): Promise<string>
  /** Each event once, and in order within its channel. */
  onEvent(event: EventEnvelope): void
  /** This position exists, though its events may not have been seen here. */
  onPosition(channel: string, position: Position): void
  /** What is held of the channel that is older than `position` is stale. */
  onResync(channel: string, position: Position): void
  /** These channels may not be seen any more: comes before anything else. */
  onRemoved(channels: readonly string[]): void
  /** These may be seen from now on. */
  onAdded(channels: readonly string[]): void
  onConnection(connection: Connection): void
  settings?: Partial<SubscriberSettings>
}

export type SubscriberSettings = SilenceSettings & {
  lingerMs: number
  minDelayMs: number
  maxDelayMs: number
  failuresToOffline: number
  /** A subscription that is not answered within this is missing something. */
  answerMs: number
}
const SETTINGS: SubscriberSettings = {
  lingerMs: 30_000,
  minDelayMs: 250,
  maxDelayMs: 15_000,
  failuresToOffline: 2,
  answerMs: 2000,
  silentMs: 8000,
  deadMs: 20_000,
}

/** `isAnswered`: what its user may see of it was told once. */
type Held = { want: Want; count: number; isAnswered: boolean; linger?: Timer }

/**
 * The client's side of recovery: holds a cursor per channel, applies each event once and in order, and says resync where that
 * cannot be. [SUB1]–[SUB11]
 */
export class Subscriber {
  readonly cursors = new Map<string, Position>()
  private readonly wants = new Map<string, Held>()
  private readonly settings: SubscriberSettings
  private connection: Connection
  private failures = 0
  private retry: Timer | undefined
  private flush: Timer | undefined
  private unanswered: Timer | undefined
  private readonly silence: SilenceWatch
  /** Since when what is shown may be old, through reconnects, until it is live again. */
  private delayedSince: number | undefined
  private isConnected = false
  private isSubscribing = false
  private isAgainNeeded = false
  private mustRefresh = false
  private closingCode: string | undefined
  /** Rises with each connection: an answer to an earlier one is void. */
  private life = 0

  constructor(private readonly options: SubscriberOptions) {
    this.settings = { ...SETTINGS, ...options.settings }
    this.connection = { status: 'idle', since: options.clock.now() }
    this.silence = new SilenceWatch(options.clock, this.settings, {
      silent: () => this.signal('late'),
      dead: (ms) => {
        options.log.warn({ ms }, 'the node is silent, and given up')
        options.transport.disconnect()
        this.lost(this.closingCode)
      },
    })
  }

  getConnection(): Connection {
    return this.connection
  }

  start(): void {
    if (this.connection.status !== 'idle' && this.connection.status !== 'stopped') return
    this.signal('start')
    this.open()
  }

  close(): void {
    this.life++
    this.isConnected = false
    this.options.clock.clearTimeout(this.retry)
    this.options.clock.clearTimeout(this.flush)
    this.flush = undefined
    this.stopWaiting()
    this.cursors.clear()
    for (const [key, held] of this.wants) {
      this.options.clock.clearTimeout(held.linger)
      held.isAnswered = false
      if (held.count === 0) this.wants.delete(key)
    }
    this.options.transport.disconnect()
    this.signal('close')
  }

  /** The network may be back, or the computer was asleep: do not wait any longer. */
  nudge(): void {
    this.silence.look()
    if (this.isConnected || this.connection.status === 'idle' || this.connection.status === 'stopped') return
    this.options.clock.clearTimeout(this.retry)
    this.open()
  }

  /** Wants a topic until it is released by all who want it, and some time longer. Location defaults to all that are granted. */
  retain(want: Want): () => void {
    const key = `${want.topic}|${want.location ?? '*'}`
    const held: Held = this.wants.get(key) ?? { want, count: 0, isAnswered: false }
    const isNew = !this.wants.has(key)
    this.options.clock.clearTimeout(held.linger)
    held.count++
    this.wants.set(key, held)
    if (isNew) this.subscribeSoon()
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      if (--held.count > 0) return
      held.linger = this.options.clock.setTimeout(() => this.drop(key), this.settings.lingerMs)
    }
  }

  private open(): void {
    const life = ++this.life
    const { transport, getToken, refreshToken } = this.options
    const isOurs = () => life === this.life
    const wantsFresh = this.mustRefresh
    this.mustRefresh = false
    this.closingCode = undefined
    ;(wantsFresh ? refreshToken() : getToken()).then(
      (token) => {
        if (!isOurs()) return
        transport.connect(token, {
          onConnect: () => isOurs() && this.connected(),
          onDisconnect: () => isOurs() && this.lost(this.closingCode),
          onRefused: (code) => isOurs() && this.lost(code, true),
          onEvent: (event) => {
            if (!isOurs()) return
            this.silence.noteHeard()
            this.receive(event)
          },
          onMessage: (name, body) => {
            if (!isOurs()) return
            this.silence.noteHeard()
            this.hear(name, body)
          },
        })
      },
      (error: unknown) => {
        if (!isOurs()) return
        this.mustRefresh = wantsFresh
        const { code, status } = (error ?? {}) as { code?: unknown; status?: unknown }
        this.lost(isErrorCode(code) && (status === 401 || status === 403) ? code : undefined, true)
      },
    )
  }

  private connected(): void {
    this.isConnected = true
    this.isSubscribing = false
    this.signal('connected')
    this.subscribe()
  }

  private lost(code: string | undefined, isFailure = false): void {
    this.isConnected = false
    this.life++
    this.stopWaiting()
    const action: ClientAction = isErrorCode(code) ? ERRORS[code].client : 'backoff'
    if (action === 'stop' || action === 'reload' || action === 'fix') return this.signal('ended', code)
    if (action === 'refresh') this.mustRefresh = true
    if (isFailure) this.failures++
    this.signal(this.failures >= this.settings.failuresToOffline ? 'failed' : 'lost')
    const { minDelayMs, maxDelayMs } = this.settings
    const ceiling = Math.min(maxDelayMs, minDelayMs * 2 ** this.failures)
    if (!isFailure) this.failures++
    this.options.clock.clearTimeout(this.retry)
    this.retry = this.options.clock.setTimeout(() => this.open(), this.options.random() * ceiling)
  }

  private subscribeSoon(): void {
    if (!this.isConnected || this.flush) return
    this.flush = this.options.clock.setTimeout(() => {
      this.flush = undefined
      this.subscribe()
    }, 0)
  }

  /** Asks for everything that is wanted, with the cursors: new wants, a reconnect and a hole are one and the same. [SUB3] */
  private subscribe(): void {
    if (!this.isConnected) return
    if (this.isSubscribing) {
      this.isAgainNeeded = true
      return
    }
    const asked = [...this.wants.values()]
    if (asked.length === 0) return this.caughtUp()
    this.isSubscribing = true
    this.isAgainNeeded = false
    const { life } = this
    this.options.clock.clearTimeout(this.unanswered)
    this.unanswered = this.options.clock.setTimeout(() => this.signal('behind'), this.settings.answerMs)
    const channels = asked.map(({ want }) => {
      const cursors = Object.fromEntries([...this.cursors].filter(([channel]) => covers(want, channel)))
      return { ...want, ...(Object.keys(cursors).length > 0 ? { cursors } : {}) }
    })
    this.options.transport.request('subscribe', { channels }, (body) => {
      if (life === this.life) this.accept(asked, body as SubscribeAck | undefined)
    })
  }

  /** Runs at the answer's place in the stream: the next frame already finds the cursors. [SUB5] */
  private accept(asked: readonly Held[], ack: SubscribeAck | undefined): void {
    this.isSubscribing = false
    this.options.clock.clearTimeout(this.unanswered)
    if (!ack?.ok) {
      this.options.log.warn({ code: ack?.code ?? null }, 'a subscription was not answered')
      // The socket lives, but does not serve us: a new one may reach another node.
      this.options.transport.disconnect()
      return this.lost(this.closingCode ?? (ack && ERRORS[ack.code]?.client === 'stop' ? ack.code : undefined), true)
    }
    this.connection = { ...this.connection, node: ack.node }
    this.acceptAccess(asked, new Set(ack.channels.map(({ channel }) => channel)))
    for (const channel of ack.channels) this.acceptChannel(channel)
    // What came up meanwhile is not in this answer.
    if (this.isAgainNeeded) this.subscribe()
    else this.caughtUp()
  }

  /** What changed of the user's access is in the answer too: while the connection was away, nobody could say so. [SUB6] */
  private acceptAccess(asked: readonly Held[], granted: ReadonlySet<string>): void {
    const isCovered = (channel: string, wants: readonly Held[]) => wants.some(({ want }) => covers(want, channel))
    const removed = [...this.cursors.keys()].filter((channel) => !granted.has(channel) && isCovered(channel, asked))
    this.forget(removed)
    const known = asked.filter(({ isAnswered }) => isAnswered)
    const added = [...granted].filter((channel) => !this.cursors.has(channel) && isCovered(channel, known))
    if (added.length > 0) this.options.onAdded(added)
    for (const held of asked) held.isAnswered = true
  }

  private forget(channels: readonly string[]): void {
    for (const channel of channels) this.cursors.delete(channel)
    if (channels.length > 0) this.options.onRemoved(channels)
  }

  private acceptChannel({
    channel,
    epoch,
    seq,
    status,
    events,
  }: Extract<SubscribeAck, { ok: true }>['channels'][number]): void {
    const cursor = this.cursors.get(channel)
    const position = { epoch, seq }
    if (status === 'resync') {
      // Within an epoch a cursor never moves back. [SUB2]
      if (!cursor || comparePositions(position, cursor) >= 0 || cursor.epoch !== epoch)
        this.cursors.set(channel, position)
      return this.options.onResync(channel, position)
    }
    if (status === 'live') {
      this.cursors.set(channel, position)
      return this.options.onPosition(channel, position)
    }
    for (const event of events) this.receive(event)
    const reached = this.cursors.get(channel)
    // A recovery with a hole in it is none. [SUB4]
    if (!reached || comparePositions(reached, position) < 0) {
      this.cursors.set(channel, position)
      this.options.onResync(channel, position)
    }
  }

  private receive(event: EventEnvelope): void {
    const cursor = this.cursors.get(event.channel)
    if (!cursor || comparePositions(event, cursor) <= 0) return
    if (event.epoch !== cursor.epoch || event.seq !== cursor.seq + 1) return this.findHole()
    this.cursors.set(event.channel, { epoch: event.epoch, seq: event.seq })
    this.options.onEvent(event)
  }

  private findHole(): void {
    this.signal('behind')
    this.subscribe()
  }

  private hear<Name extends keyof ServerMessages>(name: Name, body: ServerMessages[Name]): void {
    switch (name) {
      case 'heads': {
        const { channels } = body as ServerMessages['heads']
        const isBehind = channels.some((head) => {
          const cursor = this.cursors.get(head.channel)
          return cursor !== undefined && comparePositions(head, cursor) > 0
        })
        if (isBehind && !this.isSubscribing) this.findHole()
        return
      }
      case 'resync': {
        const { channel, epoch, seq } = body as ServerMessages['resync']
        const cursor = this.cursors.get(channel)
        if (!cursor || (cursor.epoch === epoch && cursor.seq > seq)) return
        this.cursors.set(channel, { epoch, seq })
        return this.options.onResync(channel, { epoch, seq })
      }
      case 'feed':
        this.silence.begin()
        if ((body as ServerMessages['feed']).isLate) return this.signal('late')
        this.signal('in_time')
        if (!this.isSubscribing) this.signal('caught_up')
        return
      case 'access:changed': {
        const { added, removed } = body as ServerMessages['access:changed']
        this.forget(removed)
        // What is new is in the answer.
        if (added.length > 0) this.subscribe()
        return
      }
      case 'auth:expiring':
        return void this.refreshAuth()
      case 'closing':
        this.closingCode = (body as ServerMessages['closing']).code
        return
      case 'server:draining':
        // The server closes then; until then the old connection serves.
        this.failures = 0
        return
    }
  }

  private stopWaiting(): void {
    this.silence.end()
    this.options.clock.clearTimeout(this.unanswered)
  }

  private async refreshAuth(): Promise<void> {
    const life = this.life
    try {
      const token = await this.options.refreshToken()
      if (life === this.life) this.options.transport.request('auth:refresh', { token }, () => {})
    } catch (error) {
      // The server closes when the old token ends, and we come back with a new one or not at all.
      this.options.log.warn({ error }, 'the token could not be refreshed')
    }
  }

  private drop(key: string): void {
    const held = this.wants.get(key)
    if (!held || held.count > 0) return
    this.wants.delete(key)
    const others = [...this.wants.values()].map(({ want }) => want)
    const gone = [...this.cursors.keys()].filter(
      (channel) => covers(held.want, channel) && !others.some((want) => covers(want, channel)),
    )
    for (const channel of gone) this.cursors.delete(channel)
    if (this.isConnected && gone.length > 0) this.options.transport.request('unsubscribe', { channels: gone }, () => {})
  }

  private caughtUp(): void {
    this.failures = 0
    this.signal('caught_up')
  }

  private signal(signal: ConnectionSignal, code?: string): void {
    const before = this.connection
    const status = NEXT_STATUS[before.status][signal]
    const { node } = before
    const since = status === before.status ? before.since : this.options.clock.now()
    if (status === 'live' || status === 'idle') this.delayedSince = undefined
    if (status === 'delayed') this.delayedSince ??= since
    this.connection = {
      status,
      since: status === 'delayed' ? this.delayedSince! : since,
      ...(status === 'stopped' && (code ?? before.code) !== undefined ? { code: (code ?? before.code)! } : {}),
      ...(node !== undefined ? { node } : {}),
    }
    this.options.onConnection(this.connection)
  }
}

function covers({ topic, location = '*' }: Want, channel: string): boolean {
  const parsed = parseChannel(channel)
  if (!parsed || parsed.topic !== topic) return false
  return location === '*' || parsed.kind !== 'location' || parsed.locationId === location
}
