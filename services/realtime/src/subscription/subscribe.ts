import {
  CodedError,
  SubscribeRequest,
  maySee,
  parseChannel,
  type ChannelName,
  type ChannelRequest,
  type SubscribeAck,
} from '@derm/contract'
import type { Joined } from '@derm/core/node'
import { toInterest } from '../access/topic-interest.ts'
import type { Member, Withdrawn } from '../connection/member.ts'
import { findAdded } from './find-added.ts'
import { resolveChannels } from './resolve-channels.ts'
import { toAnswers } from './subscribe-answer.ts'
import { currentPrincipal, type SubscribeContext } from './subscribe-context.ts'

type Answer = (ack: SubscribeAck) => void

/** Answers `subscribe`. The acknowledgement is written in the tick in which the member is added, and is complete up to there. [SES2] */
export async function subscribe(
  context: SubscribeContext,
  member: Member,
  body: unknown,
  answer: Answer,
): Promise<void> {
  const requested = parseRequest(body)
  const { granted, denied } = resolveChannels(requested, currentPrincipal(context, member))
  requireRoom(context, member, granted)
  requireRoomForInterests(context, member, requested)

  const withdrawn: Withdrawn = new Set()
  member.underWay.add(withdrawn)
  let isAbandoned = false
  const timer = setTimeout(() => {
    isAbandoned = true
    answer({ ok: false, code: 'unavailable', message: 'The event log cannot be reached' })
  }, context.timeoutMs)
  try {
    await context.hub.join(granted, (joined) => {
      if (isAbandoned || member.isClosed) return
      const isWithdrawn = (channel: ChannelName) => withdrawn.has(channel)
      admit(context, member, requested, joined, isWithdrawn, (channels) =>
        answer({ ok: true, node: context.nodeName, channels: toAnswers(channels, member, context), denied }),
      )
    })
  } catch (error) {
    if (error instanceof CodedError) throw error
    // The event log could not be read: nothing of the client's doing.
    throw new CodedError('unavailable', {}, { cause: error })
  } finally {
    clearTimeout(timer)
    member.underWay.delete(withdrawn)
  }
}

/** Nothing waits from here to the end: what is true of access now is true of the first frame. */
function admit(
  context: SubscribeContext,
  member: Member,
  requested: readonly ChannelRequest[],
  joined: readonly Joined[],
  isWithdrawn: (channel: ChannelName) => boolean,
  answer: (allowed: readonly Joined[]) => void,
): void {
  const principal = currentPrincipal(context, member)
  const allowed = joined.filter(({ channel }) => !isWithdrawn(channel) && maySee(principal, parseChannel(channel)!))
  requireRoom(context, member, allowed)
  for (const { channel } of allowed) context.fanOut.flush(channel)
  answer(allowed)
  for (const { channel } of allowed) {
    context.hub.add(channel, member)
    member.channels.add(channel)
  }
  for (const [key, interest] of requested.map(toInterest)) member.interests.set(key, interest)
  // Granted while this was prepared: the comparison of access did not know yet that it is wanted.
  const added = findAdded(member, principal).filter((channel) => !isWithdrawn(channel))
  if (added.length > 0) member.socket.emit('access:changed', { added, removed: [] })
}

function parseRequest(body: unknown): ChannelRequest[] {
  const channels = (body as { channels?: unknown } | undefined)?.channels
  if (Array.isArray(channels) && channels.length === 0) throw new CodedError('empty_subscription')
  const request = SubscribeRequest.safeParse(body)
  if (!request.success) throw new CodedError('validation_failed')
  return request.data.channels
}

/** @throws CodedError when the member would have more channels than one may. */
function requireRoom(
  { maxChannels }: SubscribeContext,
  member: Member,
  more: readonly { channel: ChannelName }[],
): void {
  const channels = new Set([...member.channels, ...more.map(({ channel }) => channel)])
  if (channels.size > maxChannels) throw new CodedError('too_many_channels', { limit: maxChannels })
}

/** @throws CodedError when the member would have more interests than one may have channels. */
function requireRoomForInterests({ maxChannels }: SubscribeContext, member: Member, more: readonly ChannelRequest[]) {
  const interests = new Set([...member.interests.keys(), ...more.map((request) => toInterest(request)[0])])
  if (interests.size > maxChannels) throw new CodedError('too_many_channels', { limit: maxChannels })
}
