import {
  PlainAck,
  isDownName,
  isErrorCode,
  protocolsOf,
  readDownMessage,
  type DownMessage,
  type ServerDraining,
  type UpName,
} from '@derm/contract'
import { drawBackOff } from '../back-off.ts'
import type { Clock, Random, Timer } from '../clock.ts'
import type { Logger } from '../logger.ts'
import { actionOf } from './action-of.ts'
import type { ConnectionState } from './connection-state.ts'
import { NodeMove } from './node-move.ts'
import { SilenceWatch, type SilenceSettings } from './silence-watch.ts'
import { createTokenRenewal, type TokenSource } from './token-renewal.ts'
import type { Transport, TransportHandlers } from './transport.ts'

/** No node takes longer to end. */
const LONGEST_STAY_MS = 3_600_000
/** How often, about, a client whose version nobody serves looks again. */
const OTHER_VERSION_MS = 60_000

export type ConnectionOptions = TokenSource & {
  transport: Transport
  clock: Clock
  random: Random
  logger: Logger
}

export type ConnectionSettings = SilenceSettings & {
  minDelayMs: number
  maxDelayMs: number
  /** Attempts in a row that failed before the status is `offline`. */
  failuresToOffline: number
  /** The protocol's newest version that this client speaks. It speaks the one before too. */
  protocol: number
}

type ConnectionHandlers = {
  onConnect(): void
  onLost(): void
  onMessage(message: DownMessage): void
  /** A message of this name came, and could not be read. */
  onUnreadable(name: string): void
}

/**
 * One connection after the other: token, handshake, back-off, and the code that says whether to come back. [SUB8]
 * A connection that is silent for too long is given up. [SUB10]
 */
export class ServerConnection {
  isOpen = false
  /** Whatever an earlier connection still delivers is void. */
  private connectionId = 0
  private failures = 0
  private retry: Timer | undefined
  private leave: Timer | undefined
  private readonly move: NodeMove
  /** Versions that the server, or the one of the servers that answered, does not speak. */
  private protocolsRefused = 0
  /** The token of the current connection, and the one that was refused, if the next connection needs another. */
  private token = ''
  private refused: string | undefined
  private closingCode: string | undefined
  private readonly silence: SilenceWatch
  private readonly renewToken: (refused: string) => Promise<string>

  constructor(
    private readonly options: ConnectionOptions,
    private readonly settings: ConnectionSettings,
    private readonly state: ConnectionState,
    private readonly handlers: ConnectionHandlers,
  ) {
    this.renewToken = createTokenRenewal(options)
    this.move = new NodeMove(options.random)
    this.silence = new SilenceWatch(options.clock, settings, {
      silent: () => state.signal('lagging'),
      dead: (ms) => {
        options.logger.warn({ ms }, 'the node is silent, and given up')
        this.options.transport.disconnect()
        this.lose(this.closingCode)
      },
    })
  }

  start(): void {
    this.state.signal('start')
    this.open()
  }

  close(): void {
    this.connectionId++
    this.isOpen = false
    this.options.clock.clearTimeout(this.retry)
    this.options.clock.clearTimeout(this.leave)
    this.move.end()
    this.silence.end()
    this.options.transport.disconnect()
  }

  /** The network may be back, or the computer was asleep: the back-off ends now. */
  nudge(): void {
    this.silence.look()
    if (this.isOpen || !this.state.isStarted) return
    this.options.clock.clearTimeout(this.retry)
    this.open()
  }

  /** The answer comes at its place in the stream, and not at all when the connection has ended meanwhile. [SUB5] */
  request(name: UpName, body: unknown, answer: (body: unknown) => void): void {
    const { connectionId } = this
    this.options.transport.request(name, body, (given) => {
      if (connectionId === this.connectionId) answer(given)
    })
  }

  /** The socket lives, but does not serve: a new one may reach another node. */
  giveUp(code: string | undefined): void {
    this.options.transport.disconnect()
    this.lose(this.closingCode ?? code, true)
  }

  /** The connection serves: the next one that fails is the first. */
  forgetFailures(): void {
    this.failures = 0
    this.move.end()
  }

  /** Stays, since everything goes on until then, and reconnects at the moment that the node has named. [SUB26] */
  leaveLater({ reconnectInMs, node }: ServerDraining): void {
    const { clock, transport } = this.options
    this.failures = 0
    this.move.begin(node)
    clock.clearTimeout(this.leave)
    this.leave = clock.setTimeout(
      () => {
        transport.disconnect()
        this.lose('server_draining')
      },
      Math.min(reconnectInMs, LONGEST_STAY_MS),
    )
  }

  noteClosing(code: string): void {
    this.closingCode = code
  }

  /** From the node's first word on that it repeats. */
  expectWords(): void {
    this.silence.begin()
  }

  async refreshAuth(): Promise<void> {
    const { connectionId } = this
    try {
      const token = await this.renewToken(this.token)
      if (connectionId !== this.connectionId) return
      this.request('auth:refresh', { token }, (body) => this.acceptRefresh(token, body))
    } catch (error) {
      // The server closes when the old token ends. The next connection begins with a new token, or there is none.
      this.options.logger.warn({ error }, 'the token could not be refreshed')
    }
  }

  /** A new token that is refused for good ends the connection; with one that may be better later, the server's own end is waited for. [SUB20] */
  private acceptRefresh(token: string, body: unknown): void {
    const ack = PlainAck.safeParse(body).data
    if (ack?.ok) this.token = token
    if (!ack || ack.ok) return
    this.options.logger.warn({ code: ack.code }, 'the new token was refused')
    const action = actionOf(ack.code)
    if (action === 'fix' || action === 'backoff') return
    this.token = token
    this.giveUp(ack.code)
  }

  private open(): void {
    const connectionId = ++this.connectionId
    const isCurrent = () => connectionId === this.connectionId
    const { refused } = this
    this.refused = undefined
    this.closingCode = undefined
    ;(refused === undefined ? this.options.getToken() : this.renewToken(refused)).then(
      (token) => isCurrent() && this.connect(token, isCurrent),
      (error: unknown) => {
        if (!isCurrent()) return
        this.refused = refused
        const { code, status } = (error ?? {}) as { code?: unknown; status?: unknown }
        this.lose(isErrorCode(code) && (status === 401 || status === 403) ? code : undefined, true)
      },
    )
  }

  private connect(token: string, isCurrent: () => boolean): void {
    this.token = token
    const { avoid } = this.move
    const protocols = protocolsOf(this.settings.protocol)
    const protocol = protocols[this.protocolsRefused] ?? protocols[0]!
    const handlers: TransportHandlers = {
      onConnect: () => {
        if (!isCurrent()) return
        this.isOpen = true
        if (!this.state.isStarted) this.state.signal('start')
        this.state.signal('connected')
        this.handlers.onConnect()
      },
      onDisconnect: () => isCurrent() && this.lose(this.closingCode),
      onRefused: (code) => isCurrent() && this.lose(code, true),
      onMessage: (name, body) => isCurrent() && this.hear(name, body),
    }
    this.options.transport.connect(token, handlers, { protocol, ...(avoid === undefined ? {} : { avoid }) })
  }

  /** The server may be of the version before: it is asked in that one, at once. [SUB28] */
  private trySpeakingOlder(): boolean {
    const isOlderLeft = this.protocolsRefused + 1 < protocolsOf(this.settings.protocol).length
    this.protocolsRefused = isOlderLeft ? this.protocolsRefused + 1 : 0
    return isOlderLeft
  }

  /** What cannot be read is no word of the node's: it does not end the silence. [SUB13] */
  private hear(name: string, body: unknown): void {
    if (!isDownName(name)) return
    const message = readDownMessage(name, body)
    if (message) {
      this.silence.noteHeard()
      return this.handlers.onMessage(message)
    }
    this.options.logger.warn({ type: name }, 'a message could not be read')
    this.handlers.onUnreadable(name)
  }

  private lose(code: string | undefined, isFailure = false): void {
    this.isOpen = false
    this.connectionId++
    this.silence.end()
    this.options.clock.clearTimeout(this.leave)
    this.handlers.onLost()
    const action = actionOf(code)
    const isOlderTried = code === 'protocol_unsupported' && this.trySpeakingOlder()
    if (code !== 'protocol_unsupported') this.protocolsRefused = 0
    if (isOlderTried) return this.reopen(0)
    // While one version replaces the other, a node that serves this one may answer.
    if (code === 'protocol_unsupported') this.reopen(OTHER_VERSION_MS * (0.5 + this.options.random()))
    if (action === 'stop' || action === 'reload' || action === 'fix') return this.state.signal('ended', code)
    if (action === 'refresh') this.refused = this.token
    const moveMs = action === 'backoff' ? this.move.nextDelayMs(code) : undefined
    if (moveMs !== undefined) {
      this.state.signal('lost')
      return this.reopen(moveMs)
    }
    if (isFailure) this.failures++
    this.state.signal(this.failures >= this.settings.failuresToOffline ? 'failed' : 'lost')
    const { minDelayMs: baseMs, maxDelayMs: maxMs } = this.settings
    const delayMs = drawBackOff({ baseMs, maxMs, floor: 0 }, this.failures + 1, this.options.random)
    if (!isFailure) this.failures++
    this.reopen(delayMs)
  }

  private reopen(delayMs: number): void {
    this.options.clock.clearTimeout(this.retry)
    this.retry = this.options.clock.setTimeout(() => this.open(), delayMs)
  }
}
