import type { ChannelName, Principal } from '@derm/contract'
import { channelsOf } from '../access/topic-interest.ts'
import type { Member } from '../connection/member.ts'

/** What the member asked for, may see by now, and does not have. [SES11] */
export function findAdded(member: Member, principal: Principal): ChannelName[] {
  const granted = [...member.interests.values()].flatMap((interest) => channelsOf(interest, principal))
  return [...new Set(granted)].filter((channel) => !member.channels.has(channel))
}
