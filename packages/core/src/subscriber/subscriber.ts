import {
  PROTOCOL_VERSION,
  isEventType,
  isPlausibleToClient,
  type AccessChanged,
  type DeniedChannel,
  type DownMessage,
  type Feed,
  type Position,
  type Topic,
} from '@derm/contract'
import { ConnectionState } from './connection-state.ts'
import type { Connection } from './connection-status.ts'
import { Cursors, type CursorListener } from './cursors.ts'
import { ServerConnection, type ConnectionOptions, type ConnectionSettings } from './server-connection.ts'
import { SubscribeRequests, type AccessListener } from './subscribe-requests.ts'
import { InterestRegistry, isInterestedIn, type TopicInterest } from './interest-registry.ts'

export type SubscriberOptions = ConnectionOptions &
  Omit<CursorListener, 'onGap'> &
  AccessListener & {
    onConnection(connection: Connection): void
    settings?: Partial<SubscriberSettings>
  }

export type SubscriberSettings = ConnectionSettings & {
  /** An interest outlives its last holder by this time. */
  lingerMs: number
  /** While a request is not answered within this time, something is missing. */
  answerMs: number
}
const DEFAULT_SETTINGS: SubscriberSettings = {
  lingerMs: 30_000,
  minDelayMs: 250,
  maxDelayMs: 15_000,
  failuresToOffline: 2,
  answerMs: 2000,
  silentMs: 8000,
  deadMs: 20_000,
  protocol: PROTOCOL_VERSION,
}

/**
 * The client's side of recovery: keeps a cursor per channel, applies each event once and in order, and says resync where that
 * cannot be. [SUB1]–[SUB24]
 */
export class Subscriber {
  private readonly state: ConnectionState
  private readonly connection: ServerConnection
  private readonly requests: SubscribeRequests
  private readonly registry: InterestRegistry
  private readonly applied: Cursors

  constructor(options: SubscriberOptions) {
    const settings = { ...DEFAULT_SETTINGS, ...options.settings }
    this.state = new ConnectionState(options.clock, (connection) => options.onConnection(connection))
    const listener: CursorListener = {
      onEvent: (event) => options.onEvent(event),
      onPosition: (channel, position) => options.onPosition(channel, position),
      onResync: (channel, position) => options.onResync(channel, position),
      onGap: () => this.closeGap(),
    }
    this.applied = new Cursors(listener, (epoch) => isPlausibleToClient(epoch, options.clock.now()))
    this.registry = new InterestRegistry(options.clock, settings.lingerMs, {
      added: () => this.requests.subscribeSoon(),
      dropped: (interest) => this.requests.unsubscribe(interest),
    })
    this.connection = new ServerConnection(options, settings, this.state, {
      onConnect: () => this.requests.onConnect(),
      onLost: () => this.requests.onLost(),
      onMessage: (message) => this.hear(message),
      onUnreadable: (name) => this.onUnreadable(name),
    })
    this.requests = new SubscribeRequests({
      clock: options.clock,
      random: options.random,
      logger: options.logger,
      answerMs: settings.answerMs,
      state: this.state,
      connection: this.connection,
      cursors: this.applied,
      registry: this.registry,
      access: options,
    })
  }

  get cursors(): ReadonlyMap<string, Position> {
    return this.applied.all()
  }

  getConnection(): Connection {
    return this.state.current
  }

  start(): void {
    if (!this.state.isStarted) this.connection.start()
  }

  close(): void {
    this.connection.close()
    this.requests.close()
    this.applied.clear()
    this.registry.startOver()
    this.state.signal('close')
  }

  /** The network may be back, or the computer was asleep: the subscriber looks at once. */
  nudge(): void {
    this.connection.nudge()
  }

  /** Subscribes until all who retain the same interest have released it, and some time longer. */
  retain(interest: TopicInterest): () => void {
    return this.registry.retain(interest)
  }

  /** What of an interest is not served, and why. */
  deniedOf(interest: TopicInterest): readonly DeniedChannel[] {
    return this.registry.deniedOf(interest)
  }

  /** Whether all of an interest is subscribed, and a channel of it followed. */
  isServed(interest: TopicInterest): boolean {
    const hasCursor = () => [...this.cursors.keys()].some((channel) => isInterestedIn(interest, channel))
    return this.registry.isGranted(interest) && hasCursor()
  }

  /** How many of a topic's channels the user may see, once an interest in all of them was answered. */
  countGranted(topic: Topic): number | undefined {
    return this.requests.countGranted(topic)
  }

  private closeGap(): void {
    this.state.signal('catch_up')
    this.requests.subscribe()
  }

  private hear({ name, body }: DownMessage): void {
    switch (name) {
      case 'event':
        return this.applied.receive(body)
      case 'heads':
        if (!this.requests.isSubscribing && this.applied.hasGap(body.channels)) this.closeGap()
        return
      case 'resync':
        return this.applied.acceptResync(body)
      case 'feed':
        return this.hearFeed(body)
      case 'access:changed':
        return this.hearAccess(body)
      case 'auth:expiring':
        return void this.connection.refreshAuth()
      case 'closing':
        return this.connection.noteClosing(body.code)
      case 'server:draining':
        return this.connection.leaveLater(body)
    }
  }

  /** The answer says what an event, a resync or a change of access would have said. The rest is repeated, or says nothing of data. [SUB13] */
  private onUnreadable(name: string): void {
    if (name === 'access:changed' || name === 'resync' || isEventType(name)) this.closeGap()
  }

  private hearAccess({ added, removed }: AccessChanged): void {
    this.requests.acceptRemoved(removed)
    // What is new is in the answer.
    if (added.length > 0) this.requests.subscribe()
  }

  private hearFeed({ isLate }: Feed): void {
    this.connection.expectWords()
    if (isLate) return this.state.signal('lagging')
    this.state.signal('not_lagging')
    if (!this.requests.isSubscribing) this.state.signal('caught_up')
  }
}
