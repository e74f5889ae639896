import type { ChannelName, Principal } from '@derm/contract'
import { channelsOf } from '../access/topic-interest.ts'
import type { Member } from '../connection/member.ts'

/** What the member asked for, may see by now, and does not have; no more than fits the limit: what cannot be served is not announced. [SES11] [SES28] */
export function findAdded(member: Member, principal: Principal, maxChannels: number): ChannelName[] {
  const room = Math.max(0, maxChannels - member.channels.size)
  const granted = [...member.interests.values()].flatMap((interest) => channelsOf(interest, principal))
  return [...new Set(granted)].filter((channel) => !member.channels.has(channel)).slice(0, room)
}
