import { TOPIC_SCOPE, parseChannel, type ChannelName, type DeniedChannel } from '@derm/contract'
import type { JoinRequest } from '@derm/core/node'

/** An answer names so many channels that it does not serve, and beyond that only their topics. */
const MOST_NAMED = 2_500

/**
 * What of these channels fits the limit, and what does not. What the member has stays; then come those that it has followed before, as a
 * cursor shows; then the others, in their order. [SES28]
 */
export function limitChannels<Channel extends Pick<JoinRequest, 'channel'> & Partial<JoinRequest>>(
  wanted: readonly Channel[],
  present: ReadonlySet<ChannelName>,
  limit: number,
): { served: Channel[]; denied: DeniedChannel[] } {
  const kept = wanted.filter(({ channel }) => present.has(channel))
  const added = wanted.filter(({ channel }) => !present.has(channel))
  const ordered = [...added.filter(({ cursor }) => cursor), ...added.filter(({ cursor }) => !cursor)]
  const room = Math.max(0, limit - present.size)
  return { served: [...kept, ...ordered.slice(0, room)], denied: toDenied(ordered.slice(room)) }
}

function toDenied(left: readonly Pick<JoinRequest, 'channel'>[]): DeniedChannel[] {
  const code = 'too_many_channels'
  const parsed = left.map(({ channel }) => parseChannel(channel)!)
  if (parsed.length > MOST_NAMED)
    return [...new Set(parsed.map(({ topic }) => topic))].map((topic) => ({
      topic,
      ...(TOPIC_SCOPE[topic] === 'location' ? { location: '*' } : {}),
      code,
    }))
  return parsed.map((one) => ({
    topic: one.topic,
    ...(one.kind === 'location' ? { location: one.locationId } : {}),
    code,
  }))
}
