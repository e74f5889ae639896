import {
  CodedError,
  SubscribeRequest,
  maySee,
  parseChannel,
  type ChannelName,
  type ChannelRequest,
  type DeniedChannel,
  type SubscribeAck,
} from '@derm/contract'
import type { Joined } from '@derm/core/node'
import { toInterest } from '../access/topic-interest.ts'
import type { Member, Withdrawn } from '../connection/member.ts'
import { findAdded } from './find-added.ts'
import { limitChannels } from './limit-channels.ts'
import { RecoveryBudget } from './recovery-budget.ts'
import { resolveChannels } from './resolve-channels.ts'
import { toAnswer } from './subscribe-answer.ts'
import { currentPrincipal, type SubscribeContext } from './subscribe-context.ts'

/** Requests of one socket that are not answered yet. Our client has one. */
const MAX_UNDER_WAY = 8

type Answer = (ack: SubscribeAck) => void

/** Answers `subscribe`. The acknowledgement is written in the tick in which the member is added, and is complete up to there. [SES2] */
export async function subscribe(
  context: SubscribeContext,
  member: Member,
  body: unknown,
  answer: Answer,
): Promise<void> {
  const requested = parseRequest(body)
  if (member.underWay.size >= MAX_UNDER_WAY) throw new CodedError('rate_limited')
  const withdrawn: Withdrawn = new Set()
  member.underWay.add(withdrawn)
  let isAbandoned = false
  const timer = setTimeout(() => {
    isAbandoned = true
    answer({ ok: false, code: 'unavailable', message: 'The event log cannot be reached' })
  }, context.timeoutMs)
  const budget = new RecoveryBudget(context.budgets.of(member.userId), context.maxAnswerBytes)
  try {
    if (budget.isOverdrawn) await budget.settle()
    const { granted, denied } = resolveChannels(requested, currentPrincipal(context, member))
    const { served, denied: left } = limitChannels(granted, member.channels, context.maxChannels)
    await context.hub.join(budget.apply(served), (joined) => {
      if (isAbandoned || member.isClosed) return
      const isWithdrawn = (channel: ChannelName) => withdrawn.has(channel)
      admit(context, member, requested, joined, isWithdrawn, (channels, leftNow) => {
        const { ack, bytes } = toAnswer(channels, [...denied, ...left, ...leftNow], member, context)
        budget.spend(bytes)
        answer(ack)
      })
    })
  } catch (error) {
    if (error instanceof CodedError) throw error
    // The event log could not be read: nothing of the client's doing.
    throw new CodedError('unavailable', {}, { cause: error })
  } finally {
    clearTimeout(timer)
    budget.end()
    member.underWay.delete(withdrawn)
  }
}

/** Nothing waits from here to the end: what is true of access now is true of the first frame. So is what is true of the limit. */
function admit(
  context: SubscribeContext,
  member: Member,
  requested: readonly ChannelRequest[],
  joined: readonly Joined[],
  isWithdrawn: (channel: ChannelName) => boolean,
  answer: (allowed: readonly Joined[], denied: readonly DeniedChannel[]) => void,
): void {
  const { maxChannels } = context
  const principal = currentPrincipal(context, member)
  const allowed = joined.filter(({ channel }) => !isWithdrawn(channel) && maySee(principal, parseChannel(channel)!))
  // Others may have joined meanwhile.
  const { served, denied } = limitChannels(allowed, member.channels, maxChannels)
  for (const { channel } of served) context.fanOut.flush(channel)
  answer(served, denied)
  for (const { channel } of served) {
    context.hub.add(channel, member)
    member.channels.add(channel)
  }
  // What is late of these channels concerns this member from now on.
  context.lagNotice.tell([member])
  rememberInterests(member, requested, maxChannels)
  // Granted while this was prepared: the comparison of access did not know yet that it is wanted.
  const added = findAdded(member, principal, maxChannels).filter((channel) => !isWithdrawn(channel))
  if (added.length > 0) member.socket.emit('access:changed', { added, removed: [] })
}

/** As many as one may have channels: what is beyond is served as far as it can be, and not remembered. */
function rememberInterests(member: Member, requested: readonly ChannelRequest[], limit: number): void {
  for (const [key, interest] of requested.map(toInterest))
    if (member.interests.has(key) || member.interests.size < limit) member.interests.set(key, interest)
}

function parseRequest(body: unknown): ChannelRequest[] {
  const channels = (body as { channels?: unknown } | undefined)?.channels
  if (Array.isArray(channels) && channels.length === 0) throw new CodedError('empty_subscription')
  const request = SubscribeRequest.safeParse(body)
  if (!request.success) throw new CodedError('validation_failed')
  return request.data.channels
}
