import { ERRORS, isErrorCode, readSubscribeAck, type SubscribeAck } from '@derm/contract'
import type { Clock, Timer } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { ConnectionState } from './connection-state.ts'
import type { Cursors } from './cursors.ts'
import type { ServerConnection } from './server-connection.ts'
import {
  isInterestedIn,
  isWanted,
  type SharedInterest,
  type InterestRegistry,
  type TopicInterest,
} from './interest-registry.ts'

export type AccessListener = {
  /** These channels may not be seen any more: comes before anything else. */
  onRemoved(channels: readonly string[]): void
  /** These may be seen from now on. */
  onAdded(channels: readonly string[]): void
}

type Parts = {
  clock: Clock
  logger: Logger
  answerMs: number
  state: ConnectionState
  connection: ServerConnection
  cursors: Cursors
  registry: InterestRegistry
  access: AccessListener
}

/** Asks the server for what the registry holds, one request at a time, and takes the answers in. [SUB3] */
export class SubscribeRequests {
  isSubscribing = false
  private mustRepeat = false
  private soon: Timer | undefined
  private unanswered: Timer | undefined

  constructor(private readonly parts: Parts) {}

  /** Interests that come up in the same tick go into one request. */
  subscribeSoon(): void {
    const { clock, connection } = this.parts
    if (!connection.isOpen || this.soon) return
    this.soon = clock.setTimeout(() => {
      this.soon = undefined
      this.subscribe()
    }, 0)
  }

  onConnect(): void {
    this.isSubscribing = false
    this.subscribe()
  }

  onLost(): void {
    this.parts.clock.clearTimeout(this.unanswered)
  }

  close(): void {
    this.onLost()
    this.parts.clock.clearTimeout(this.soon)
    this.soon = undefined
  }

  /** Asks for every interest, with the cursors: a new interest, a reconnect and a gap are one and the same. */
  subscribe(): void {
    const { clock, connection, registry, cursors, state, answerMs } = this.parts
    if (!connection.isOpen) return
    if (this.isSubscribing) {
      this.mustRepeat = true
      return
    }
    const asked = registry.all()
    if (asked.length === 0) return this.caughtUp()
    this.isSubscribing = true
    this.mustRepeat = false
    clock.clearTimeout(this.unanswered)
    this.unanswered = clock.setTimeout(() => state.signal('catch_up'), answerMs)
    const channels = asked.map(({ interest }) => {
      const sent = Object.fromEntries([...cursors.all()].filter(([channel]) => isInterestedIn(interest, channel)))
      return { ...interest, ...(Object.keys(sent).length > 0 ? { cursors: sent } : {}) }
    })
    connection.request('subscribe', { channels }, (ack) => this.accept(asked, readSubscribeAck(ack)))
  }

  /** Removed channels are forgotten, cursors first. [SUB6] */
  remove(channels: readonly string[]): void {
    this.parts.cursors.forget(channels)
    if (channels.length > 0) this.parts.access.onRemoved(channels)
  }

  /** Ends the channels of an interest that was dropped, except those of other interests. */
  unsubscribe(dropped: TopicInterest): void {
    const { connection, cursors, registry } = this.parts
    const others = registry.all()
    const ended = [...cursors.all().keys()].filter(
      (channel) => isInterestedIn(dropped, channel) && !isWanted(others, channel),
    )
    cursors.forget(ended)
    if (connection.isOpen && ended.length > 0) connection.request('unsubscribe', { channels: ended }, () => {})
  }

  /** Runs at the answer's place in the stream: the next frame already finds the cursors. [SUB5] */
  private accept(asked: readonly SharedInterest[], ack: SubscribeAck | null): void {
    const { clock, logger, connection, cursors, state } = this.parts
    this.isSubscribing = false
    clock.clearTimeout(this.unanswered)
    if (!ack?.ok) {
      logger.warn({ code: ack?.code ?? null }, 'a subscription was not answered')
      return connection.giveUp(
        ack && isErrorCode(ack.code) && ERRORS[ack.code].client === 'stop' ? ack.code : undefined,
      )
    }
    state.setNode(ack.node)
    this.acceptAccess(asked, new Set(ack.channels.map(({ channel }) => channel)))
    for (const channel of ack.channels) cursors.acceptAnswer(channel)
    // What came up meanwhile is not in this answer.
    if (this.mustRepeat) this.subscribe()
    else this.caughtUp()
  }

  /** The answer also says what changed of the user's access while the connection was away and nobody could say so. [SUB6] */
  private acceptAccess(asked: readonly SharedInterest[], granted: ReadonlySet<string>): void {
    const { cursors, access } = this.parts
    const removed = [...cursors.all().keys()].filter((channel) => !granted.has(channel) && isWanted(asked, channel))
    this.remove(removed)
    const answeredBefore = asked.filter(({ isAnswered }) => isAnswered)
    const added = [...granted].filter((channel) => !cursors.all().has(channel) && isWanted(answeredBefore, channel))
    if (added.length > 0) access.onAdded(added)
    for (const interest of asked) interest.isAnswered = true
  }

  private caughtUp(): void {
    this.parts.connection.forgetFailures()
    this.parts.state.signal('caught_up')
  }
}
