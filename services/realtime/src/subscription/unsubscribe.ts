import { CodedError, UnsubscribeRequest, parseChannel, type ChannelName } from '@derm/contract'
import { interestKey } from '../access/topic-interest.ts'
import type { Member } from '../connection/member.ts'
import type { SubscribeContext } from './subscribe-context.ts'

export function unsubscribe(context: SubscribeContext, member: Member, body: unknown): void {
  const request = UnsubscribeRequest.safeParse(body)
  if (!request.success) throw new CodedError('validation_failed')
  for (const name of request.data.channels) {
    // Also what is only being prepared: the last word counts.
    for (const withdrawn of member.underWay) withdrawn.add(name)
    leaveChannel(context, member, name)
    forgetInterest(member, name)
  }
}

function leaveChannel({ hub, fanOut }: SubscribeContext, member: Member, channel: ChannelName): void {
  fanOut.flush(channel)
  hub.leave(channel, member)
  member.channels.delete(channel)
}

/** The interest in the whole topic ends with its last channel. */
function forgetInterest(member: Member, name: ChannelName): void {
  const left = parseChannel(name)!
  if (left.kind === 'location') member.interests.delete(interestKey(left.topic, left.locationId))
  if (![...member.channels].some((channel) => parseChannel(channel)!.topic === left.topic))
    member.interests.delete(interestKey(left.topic))
}
