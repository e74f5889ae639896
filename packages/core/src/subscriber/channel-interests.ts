import { TOPICS, type Topic } from '@derm/contract'
import type { TopicInterest } from './interest-registry.ts'

/** How many of a topic's channels the user may see, as far as an answer has said so. */
export type CountGranted = (topic: Topic) => number | undefined

/**
 * The topic interests that cover these channels, by `<scope>/<topic>`. Several locations of a topic, or all that the user may see, are
 * asked for as a whole: then a location that is added later is told of.
 */
export function toInterests(channelKeys: Iterable<string>, countGranted: CountGranted): TopicInterest[] {
  const locationsOf = new Map<Topic, Set<string>>()
  for (const channelKey of channelKeys) {
    const [scope = '', name] = channelKey.split('/')
    const topic = TOPICS.find((one) => one === name)
    if (!topic) continue
    const locations = locationsOf.get(topic) ?? new Set()
    locationsOf.set(topic, locations)
    if (scope.startsWith('l:')) locations.add(scope.slice(2))
  }
  return [...locationsOf].map(([topic, [...locations]]) =>
    locations.length === 1 && countGranted(topic) !== 1 ? { topic, location: locations[0]! } : { topic },
  )
}
