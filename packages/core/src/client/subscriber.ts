import {
  ERRORS,
  isErrorCode,
  type ClientAction,
  type Position,
  type ServerMessages,
  type SubscribeAck,
} from '@derm/contract'
import type { Clock, Random, Timer } from '../clock.ts'
import type { Logger } from '../logger.ts'
import { NEXT_STATUS, type Connection, type ConnectionSignal } from './connection-status.ts'
import { Cursors, type CursorListener } from './cursors.ts'
import { SilenceWatch, type SilenceSettings } from './silence-watch.ts'
import type { Transport } from './transport.ts'
import { Wants, covers, isCovered, type Held, type Want } from './wants.ts'

export type SubscriberOptions = Omit<CursorListener, 'onHole'> & {
  transport: Transport
  clock: Clock
  random: Random
  logger: Logger
  /** A good access token; `refreshToken`: a new one, whatever the old one's age. */
  getToken(): Promise<string>
  refreshToken(): Promise<string>
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

/**
 * The client's side of recovery: holds a cursor per channel, applies each event once and in order, and says resync where that
 * cannot be. [SUB1]–[SUB11]
 */
export class Subscriber {
  private readonly applied: Cursors
  private readonly wants: Wants
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
    this.applied = new Cursors({
      onEvent: (event) => options.onEvent(event),
      onPosition: (channel, position) => options.onPosition(channel, position),
      onResync: (channel, position) => options.onResync(channel, position),
      onHole: () => this.findHole(),
    })
    this.wants = new Wants(options.clock, this.settings.lingerMs, {
      added: () => this.subscribeSoon(),
      dropped: (want) => this.unsubscribe(want),
    })
    this.silence = new SilenceWatch(options.clock, this.settings, {
      silent: () => this.signal('late'),
      dead: (ms) => {
        options.logger.warn({ ms }, 'the node is silent, and given up')
        options.transport.disconnect()
        this.lost(this.closingCode)
      },
    })
  }

  get cursors(): ReadonlyMap<string, Position> {
    return this.applied.all()
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
    this.applied.clear()
    this.wants.startOver()
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
    return this.wants.retain(want)
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
            this.applied.receive(event)
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
    const asked = this.wants.all()
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
      this.options.logger.warn({ code: ack?.code ?? null }, 'a subscription was not answered')
      // The socket lives, but does not serve us: a new one may reach another node.
      this.options.transport.disconnect()
      return this.lost(this.closingCode ?? (ack && ERRORS[ack.code]?.client === 'stop' ? ack.code : undefined), true)
    }
    this.connection = { ...this.connection, node: ack.node }
    this.acceptAccess(asked, new Set(ack.channels.map(({ channel }) => channel)))
    for (const channel of ack.channels) this.applied.acceptAnswer(channel)
    // What came up meanwhile is not in this answer.
    if (this.isAgainNeeded) this.subscribe()
    else this.caughtUp()
  }

  /** What changed of the user's access is in the answer too: while the connection was away, nobody could say so. [SUB6] */
  private acceptAccess(asked: readonly Held[], granted: ReadonlySet<string>): void {
    const removed = [...this.cursors.keys()].filter((channel) => !granted.has(channel) && isCovered(channel, asked))
    this.forget(removed)
    const known = asked.filter(({ isAnswered }) => isAnswered)
    const added = [...granted].filter((channel) => !this.cursors.has(channel) && isCovered(channel, known))
    if (added.length > 0) this.options.onAdded(added)
    for (const held of asked) held.isAnswered = true
  }

  private forget(channels: readonly string[]): void {
    this.applied.forget(channels)
    if (channels.length > 0) this.options.onRemoved(channels)
  }

  private findHole(): void {
    this.signal('behind')
    this.subscribe()
  }

  private hear<Name extends keyof ServerMessages>(name: Name, body: ServerMessages[Name]): void {
    switch (name) {
      case 'heads':
        if (!this.isSubscribing && this.applied.isBehind((body as ServerMessages['heads']).channels)) this.findHole()
        return
      case 'resync':
        return this.applied.acceptResync(body as ServerMessages['resync'])
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
      this.options.logger.warn({ error }, 'the token could not be refreshed')
    }
  }

  /** Of what nobody wants any more, as far as nobody wants it for another reason. */
  private unsubscribe(dropped: Want): void {
    const others = this.wants.all()
    const gone = [...this.cursors.keys()].filter((channel) => covers(dropped, channel) && !isCovered(channel, others))
    this.applied.forget(gone)
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
