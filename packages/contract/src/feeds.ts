import { TOPIC_SCOPE, locationChannel, type ChannelName, type Topic } from './channel.ts'
import { EVENT_TYPES, definitionOf } from './catalogue.ts'
import type { LocationId } from './ids.ts'
import { grantedChannels, type Principal } from './policy.ts'
import type { Resource } from './resources.ts'

/** The topics whose events can make a resource stale: its own, and those of everything that it embeds. */
export function topicsOf(resource: Resource): readonly Topic[] {
  const topics = EVENT_TYPES.map(definitionOf)
    .filter(({ invalidates }) => invalidates.includes(resource))
    .map(({ topic }) => topic)
  return [...new Set(topics)]
}

const topicsByResource = new Map<Resource, readonly Topic[]>()

/**
 * The channels that feed an answer which shows these resources: an event in any of them may change it. Only channels that the principal may see.
 *
 * `own`: the topic that the answer belongs to. `at`: the location that it is about, which narrows `own` to that location's channel; `'*'`:
 * all that the principal may see.
 */
export function feedsOf(
  principal: Principal,
  { shows, own, at }: { shows: readonly Resource[]; own: Topic; at: LocationId | '*' },
): ChannelName[] {
  const topics = new Set<Topic>([own])
  for (const resource of shows) {
    const known = topicsByResource.get(resource) ?? topicsOf(resource)
    topicsByResource.set(resource, known)
    for (const topic of known) topics.add(topic)
  }
  return [...topics].flatMap((topic) =>
    topic === own && at !== '*' && TOPIC_SCOPE[topic] === 'location'
      ? [locationChannel(principal.tenantId, at, topic)]
      : grantedChannels(principal, topic),
  )
}
