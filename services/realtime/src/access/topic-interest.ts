import {
  grantedChannels,
  TOPIC_SCOPE,
  type ChannelName,
  type ChannelRequest,
  type LocationId,
  type Principal,
  type Topic,
} from '@derm/contract'

/** What a member asked for: a topic at one location, or wherever it is granted. */
export type TopicInterest = { topic: Topic; location: LocationId | '*' }

export function interestKey(topic: Topic, location: LocationId | '*' = '*'): string {
  return `${topic}|${location}`
}

export function toInterest({ topic, location = '*' }: ChannelRequest): [key: string, interest: TopicInterest] {
  return [interestKey(topic, location), { topic, location }]
}

/** The channels that an interest means for this person. A topic that is no location's has none at a location. */
export function channelsOf({ topic, location }: TopicInterest, principal: Principal): ChannelName[] {
  return TOPIC_SCOPE[topic] === 'location' || location === '*' ? grantedChannels(principal, topic, location) : []
}
