import {
  CodedError,
  SubscribeRequest,
  UnsubscribeRequest,
  grantedChannels,
  maySee,
  parseChannel,
  TOPIC_SCOPE,
  type ChannelName,
  type ChannelRequest,
  type DeniedChannel,
  type EventEnvelope,
  type LocationId,
  type Position,
  type Principal,
  type SubscribeAck,
  type Topic,
} from '@derm/contract'
import { envelopeOf } from '@derm/core'
import type { ChannelHub, Joined } from '@derm/core/node'
import { toPrincipal } from './access-row.ts'
import type { AccessWatch } from './access-watch.ts'
import type { FanOut } from './fan-out.ts'
import { requireAccess } from './handshake.ts'
import type { Member, TopicWant, Withdrawn } from './member.ts'

export type SubscribeContext = {
  nodeName: string
  hub: ChannelHub<Member>
  fanOut: FanOut
  access: AccessWatch
  maxChannels: number
  timeoutMs: number
  /** Of all events in one acknowledgement. */
  maxAnswerBytes: number
  onTooLarge: () => void
  isAnsweringResync: boolean
}

type Want = { channel: ChannelName; cursor: Position | undefined }

/** Answers `subscribe`. The acknowledgement is written in the tick in which the member is added, and is complete up to there. [SES2] */
export async function subscribe(
  context: SubscribeContext,
  member: Member,
  body: unknown,
  answer: (ack: SubscribeAck) => void,
): Promise<void> {
  const isEmpty =
    Array.isArray((body as { channels?: unknown } | undefined)?.channels) &&
    (body as { channels: unknown[] }).channels.length === 0
  if (isEmpty) throw new CodedError('empty_subscription')
  const request = SubscribeRequest.safeParse(body)
  if (!request.success) throw new CodedError('validation_failed')
  const principal = currentPrincipal(context, member)
  const { wants, denied } = resolve(request.data.channels, principal)
  requireRoom(context, member, wants)
  const asked = request.data.channels.map(toWant)
  if (new Set([...member.wants.keys(), ...asked.map(([key]) => key)]).size > context.maxChannels)
    throw new CodedError('too_many_channels', { limit: context.maxChannels })

  const withdrawn: Withdrawn = new Set()
  member.underWay.add(withdrawn)
  let isAbandoned = false
  const timer = setTimeout(() => {
    isAbandoned = true
    answer({ ok: false, code: 'unavailable', message: 'The event log cannot be reached' })
  }, context.timeoutMs)
  try {
    await context.hub.join(wants, (joined) => {
      if (isAbandoned || member.isClosed) return
      // Nothing waits from here to the end: what is true of access now is true of the first frame.
      const now = currentPrincipal(context, member)
      const allowed = joined.filter(({ channel }) => !withdrawn.has(channel) && maySee(now, parseChannel(channel)!))
      requireRoom(context, member, allowed)
      for (const { channel } of allowed) context.fanOut.flush(channel)
      answer({ ok: true, node: context.nodeName, channels: toAnswers(allowed, context), denied })
      for (const { channel } of allowed) {
        context.hub.add(channel, member)
        member.channels.add(channel)
      }
      for (const [key, want] of asked) member.wants.set(key, want)
      // Granted while this was prepared: the comparison of access did not know yet that it is wanted.
      const added = findAdded(member, now).filter((channel) => !withdrawn.has(channel))
      if (added.length > 0) member.socket.emit('access:changed', { added, removed: [] })
    })
  } catch (error) {
    if (error instanceof CodedError) throw error
    // The log could not be read: nothing of the client's doing.
    throw new CodedError('unavailable', {}, { cause: error })
  } finally {
    clearTimeout(timer)
    member.underWay.delete(withdrawn)
  }
}

function requireRoom(
  { maxChannels }: SubscribeContext,
  member: Member,
  more: readonly { channel: ChannelName }[],
): void {
  const channels = new Set([...member.channels, ...more.map(({ channel }) => channel)])
  if (channels.size > maxChannels) throw new CodedError('too_many_channels', { limit: maxChannels })
}

export function unsubscribe(context: SubscribeContext, member: Member, body: unknown): void {
  const request = UnsubscribeRequest.safeParse(body)
  if (!request.success) throw new CodedError('validation_failed')
  for (const name of request.data.channels) {
    // Also what is only being prepared: the last word counts.
    for (const withdrawn of member.underWay) withdrawn.add(name)
    leaveChannel(context, member, name)
    const left = parseChannel(name)!
    if (left.kind === 'location') member.wants.delete(keyOf(left.topic, left.locationId))
    if (![...member.channels].some((channel) => parseChannel(channel)!.topic === left.topic))
      member.wants.delete(keyOf(left.topic))
  }
}

function leaveChannel(
  { hub, fanOut }: Pick<SubscribeContext, 'hub' | 'fanOut'>,
  member: Member,
  channel: ChannelName,
): void {
  fanOut.flush(channel)
  hub.leave(channel, member)
  member.channels.delete(channel)
}

/** What the member asked for, may see by now, and does not have. [SES11] */
export function findAdded(member: Member, principal: Principal): ChannelName[] {
  const granted = [...member.wants.values()].flatMap((want) => channelsFor(want, principal))
  return [...new Set(granted)].filter((channel) => !member.channels.has(channel))
}

function currentPrincipal({ access }: SubscribeContext, member: Member): Principal {
  if (!access.isConfirmed()) throw new CodedError('access_unconfirmed')
  return toPrincipal(requireAccess(access.get(member.userId), { tid: member.tenantId, sid: member.sessionId }))
}

function resolve(
  requests: readonly ChannelRequest[],
  principal: Principal,
): { wants: Want[]; denied: DeniedChannel[] } {
  const wants = new Map<ChannelName, Want>()
  const denied: DeniedChannel[] = []
  for (const { topic, location, cursors = {} } of requests) {
    const channels = channelsFor({ topic, location: location ?? '*' }, principal)
    if (channels.length === 0)
      denied.push({ topic, ...(location === undefined ? {} : { location }), code: 'unknown_channel' })
    for (const channel of channels) wants.set(channel, { channel, cursor: cursors[channel] })
  }
  return { wants: [...wants.values()], denied }
}

/** A topic that is no location's has none at a location. */
function channelsFor({ topic, location }: TopicWant, principal: Principal): ChannelName[] {
  return TOPIC_SCOPE[topic] === 'location' || location === '*' ? grantedChannels(principal, topic, location) : []
}

function toWant({ topic, location = '*' }: ChannelRequest): [key: string, want: TopicWant] {
  return [keyOf(topic, location), { topic, location }]
}

function keyOf(topic: Topic, location: LocationId | '*' = '*'): string {
  return `${topic}|${location}`
}

/** An answer larger than a client's buffer may be would end the client that asked for it, again and again. */
function toAnswers(joined: readonly Joined[], { isAnsweringResync, maxAnswerBytes, onTooLarge }: SubscribeContext) {
  let bytes = 0
  return joined.map(({ channel, status, position, frames }) => {
    const size = frames.reduce((sum, frame) => sum + frame.length, 0)
    const isTooLarge = bytes + size > maxAnswerBytes
    if (isTooLarge) onTooLarge()
    if (isAnsweringResync || isTooLarge) return { channel, ...position, status: 'resync' as const, events: [] }
    bytes += size
    return { channel, ...position, status, events: frames.map((frame) => envelopeOf(frame) as EventEnvelope) }
  })
}
