import type { ChannelName, ChannelRequest, DeniedChannel, Principal } from '@derm/contract'
import type { JoinRequest } from '@derm/core/node'
import { channelsOf } from '../access/topic-interest.ts'

/** The channels that a request means for this person, and what of it is denied. */
export function resolveChannels(
  requests: readonly ChannelRequest[],
  principal: Principal,
): { granted: JoinRequest[]; denied: DeniedChannel[] } {
  const granted = new Map<ChannelName, JoinRequest>()
  const denied: DeniedChannel[] = []
  for (const { topic, location, cursors = {} } of requests) {
    const channels = channelsOf({ topic, location: location ?? '*' }, principal)
    if (channels.length === 0)
      denied.push({ topic, ...(location === undefined ? {} : { location }), code: 'unknown_channel' })
    for (const channel of channels) granted.set(channel, { channel, cursor: cursors[channel] })
  }
  return { granted: [...granted.values()], denied }
}
