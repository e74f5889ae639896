import {
  TOPIC_SCOPE,
  readSubscribeAck,
  type ClientAction,
  type DeniedChannel,
  type SubscribeAck,
  type SubscribedChannel,
  type Topic,
} from '@derm/contract'
import { drawBackOff } from '../back-off.ts'
import type { Clock, Random, Timer } from '../clock.ts'
import type { Logger } from '../logger.ts'
import { actionOf } from './action-of.ts'
import type { ConnectionState } from './connection-state.ts'
import type { Cursors } from './cursors.ts'
import type { ServerConnection } from './server-connection.ts'
import {
  isDeniedBy,
  isInterestedIn,
  isOfAll,
  isWanted,
  type SharedInterest,
  type InterestRegistry,
  type TopicInterest,
} from './interest-registry.ts'
import { halve, toParts, type SubscribePart } from './subscribe-parts.ts'

export type AccessListener = {
  /** These channels may not be seen any more: comes before anything else. */
  onRemoved(channels: readonly string[]): void
  /** These may be seen from now on. */
  onAdded(channels: readonly string[]): void
  /** An answer or a change of access was taken in: other channels may be followed now, and other interests denied. */
  onAnswered?(): void
}

type Parts = {
  clock: Clock
  random: Random
  logger: Logger
  answerMs: number
  state: ConnectionState
  connection: ServerConnection
  cursors: Cursors
  registry: InterestRegistry
  access: AccessListener
}

/** Refusals in a row that say *later*, before another node is tried. */
const PATIENT_REFUSALS = 2
const REFUSED_BACK_OFF = { baseMs: 500, maxMs: 5000 }

/** Asks the server for what the registry holds, one request at a time, and takes the answers in. [SUB3] */
export class SubscribeRequests {
  isSubscribing = false
  private mustRepeat = false
  private soon: Timer | undefined
  private unanswered: Timer | undefined
  private retry: Timer | undefined
  private refusals = 0
  /** How many of a topic's channels the user may see, by the newest answer to an interest in all of them. */
  private readonly granted = new Map<Topic, number>()

  constructor(private readonly parts: Parts) {}

  /** Interests that come up in the same tick go into one round. */
  subscribeSoon(): void {
    const { clock, connection } = this.parts
    if (!connection.isOpen || this.soon) return
    this.soon = clock.setTimeout(() => {
      this.soon = undefined
      this.subscribe()
    }, 0)
  }

  countGranted(topic: Topic): number | undefined {
    return this.granted.get(topic)
  }

  onConnect(): void {
    this.isSubscribing = false
    this.subscribe()
  }

  onLost(): void {
    for (const timer of [this.unanswered, this.retry, this.soon]) this.parts.clock.clearTimeout(timer)
    this.soon = undefined
  }

  close(): void {
    this.onLost()
    this.granted.clear()
  }

  /** Asks for every interest, with the cursors: a new interest, a reconnect and a gap are one and the same. */
  subscribe(): void {
    const { connection, registry, cursors } = this.parts
    if (!connection.isOpen) return
    if (this.isSubscribing) {
      this.mustRepeat = true
      return
    }
    this.mustRepeat = false
    const parts = toParts(registry.all(), cursors.all())
    this.ask(parts, new Set(parts.flatMap(({ sent }) => [...sent])))
  }

  /** Removed channels are forgotten, cursors first. [SUB6] */
  remove(channels: readonly string[]): void {
    this.parts.cursors.forget(channels)
    if (channels.length > 0) this.parts.access.onRemoved(channels)
  }

  /** The node has taken channels away. An interest that has none left is denied: no answer says so unless one asks. [SUB30] */
  acceptRemoved(channels: readonly string[]): void {
    const { cursors, registry, access } = this.parts
    this.remove(channels)
    if (channels.length === 0) return
    const left = [...cursors.all().keys()]
    for (const one of registry.all()) {
      const isHit = channels.some((channel) => isInterestedIn(one.interest, channel))
      if (isHit && !left.some((channel) => isInterestedIn(one.interest, channel)))
        one.denied = [{ ...one.interest, code: 'unknown_channel' }]
    }
    access.onAnswered?.()
  }

  /** Ends the channels of an interest that was dropped, except those of other interests. */
  unsubscribe(dropped: TopicInterest): void {
    const { connection } = this.parts
    const ended = this.ownChannelsOf(dropped)
    this.parts.cursors.forget(ended)
    if (connection.isOpen && ended.length > 0) connection.request('unsubscribe', { channels: ended }, () => {})
  }

  /** Asks for the round's parts, one after the other. `sentInRound`: the channels whose cursors one of them carries. */
  private ask([part, ...rest]: readonly SubscribePart[], sentInRound: ReadonlySet<string>): void {
    const { clock, connection, state, answerMs } = this.parts
    clock.clearTimeout(this.unanswered)
    this.isSubscribing = part !== undefined
    if (!part) {
      // What came up meanwhile is not in these answers.
      if (this.mustRepeat) return this.subscribe()
      connection.forgetFailures()
      return state.signal('caught_up')
    }
    this.unanswered = clock.setTimeout(() => state.signal('catch_up'), answerMs)
    const channels = part.entries.map(({ request }) => request)
    connection.request('subscribe', { channels }, (body) => {
      const ack = readSubscribeAck(body)
      if (!ack?.ok) return this.acceptRefusal(part, rest, sentInRound, ack)
      this.refusals = 0
      this.accept(part, ack, sentInRound)
      this.ask(rest, sentInRound)
    })
  }

  /** Runs at the answer's place in the stream: the next frame already finds the cursors. [SUB5] */
  private accept(part: SubscribePart, ack: SubscribeAck & { ok: true }, sentInRound: ReadonlySet<string>): void {
    const { cursors, state, access } = this.parts
    const asked = interestsOf(part)
    state.setNode(ack.node)
    this.acceptAccess(asked, ack)
    for (const answer of ack.channels) if (!isOfAnotherPart(answer, part, sentInRound)) cursors.acceptAnswer(answer)
    for (const one of asked) one.denied = ack.denied.filter((denied) => isDeniedBy(one.interest, denied))
    access.onAnswered?.()
  }

  /** The code says what follows. What is wrong with a request is no fault of the connection, and a repetition is wrong again. [SUB20] */
  private acceptRefusal(
    part: SubscribePart,
    rest: readonly SubscribePart[],
    sentInRound: ReadonlySet<string>,
    ack: (SubscribeAck & { ok: false }) | null,
  ): void {
    const { clock, random, logger, connection, state } = this.parts
    clock.clearTimeout(this.unanswered)
    logger.warn({ code: ack?.code ?? null }, 'a subscription was refused, or not answered')
    const action: ClientAction = ack ? actionOf(ack.code) : 'backoff'
    if (ack && action === 'fix') {
      if (part.entries.length > 1) return this.ask([...halve(part), ...rest], sentInRound)
      this.deny(part, ack.code)
      return this.ask(rest, sentInRound)
    }
    if (ack && action === 'backoff' && this.refusals++ < PATIENT_REFUSALS) {
      state.signal('catch_up')
      this.retry = clock.setTimeout(
        () => {
          this.isSubscribing = false
          this.subscribe()
        },
        drawBackOff(REFUSED_BACK_OFF, this.refusals, random),
      )
      return
    }
    this.refusals = 0
    this.isSubscribing = false
    connection.giveUp(ack?.code)
  }

  /** Not served, and not asked for again by itself: nothing is known of its channels here, as long as nothing else holds them. [SUB22] */
  private deny(part: SubscribePart, code: string): void {
    const { cursors, access } = this.parts
    for (const one of interestsOf(part)) {
      one.denied = [{ ...one.interest, code }]
      cursors.forget(this.ownChannelsOf(one.interest))
    }
    access.onAnswered?.()
  }

  /** The answer also says what changed of the user's access while the connection was away and nobody could say so. [SUB6] */
  private acceptAccess(asked: readonly SharedInterest[], { channels, denied }: SubscribeAck & { ok: true }): void {
    const { cursors, access } = this.parts
    const granted = new Set(channels.map(({ channel }) => channel))
    const missing = [...cursors.all().keys()].filter((channel) => !granted.has(channel) && isWanted(asked, channel))
    // What a limit leaves out may be seen all the same: only nobody follows it. [SUB22]
    const unserved = denied.filter(({ code }) => code !== 'unknown_channel') as (TopicInterest & DeniedChannel)[]
    const isUnserved = (channel: string) => unserved.some((one) => isInterestedIn(one, channel))
    cursors.forget(missing.filter(isUnserved))
    this.remove(missing.filter((channel) => !isUnserved(channel)))
    const answeredBefore = asked.filter(({ isAnswered }) => isAnswered)
    const added = [...granted].filter((channel) => !cursors.all().has(channel) && isWanted(answeredBefore, channel))
    if (added.length > 0) access.onAdded(added)
    for (const one of asked) {
      one.isAnswered = true
      if (one.interest.location === undefined) this.noteGranted(one.interest, granted, unserved)
    }
  }

  private noteGranted(interest: TopicInterest, granted: ReadonlySet<string>, unserved: readonly DeniedChannel[]): void {
    const served = [...granted].filter((channel) => isInterestedIn(interest, channel)).length
    const left = unserved.filter(({ topic }) => topic === interest.topic)
    const isUncounted = TOPIC_SCOPE[interest.topic] === 'location' && left.some(isOfAll)
    this.granted.set(interest.topic, isUncounted ? Infinity : served + left.length)
  }

  /** The channels of an interest that no other interest holds. */
  private ownChannelsOf(interest: TopicInterest): string[] {
    const { cursors, registry } = this.parts
    const others = registry.all().filter((one) => one.interest !== interest)
    return [...cursors.all().keys()].filter(
      (channel) => isInterestedIn(interest, channel) && !isWanted(others, channel),
    )
  }
}

const interestsOf = ({ entries }: SubscribePart) => [...new Set(entries.map(({ of }) => of))]

/** A part of the round that carries no cursor for a channel is answered with its head: the part that does carry it says what was missed. */
const isOfAnotherPart = ({ channel, status }: SubscribedChannel, { sent }: SubscribePart, round: ReadonlySet<string>) =>
  status === 'live' && round.has(channel) && !sent.has(channel)
