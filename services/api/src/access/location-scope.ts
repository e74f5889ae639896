import { CodedError, locationsFor, type LocationId, type Topic } from '@derm/contract'
import type { Caller } from './principal.ts'

/**
 * A location of the caller's tenant in which they may see the topic.
 * @throws CodedError `forbidden` when their role shows it nowhere, or not there; `not_found` for a location that is not the tenant's.
 */
export function requireLocation(caller: Caller, topic: Topic, locationId: string): LocationId {
  const granted = locationsFor(caller, topic)
  if (granted.length === 0) throw new CodedError('forbidden')
  const known = caller.locations.find((id) => id === locationId)
  if (!known) throw new CodedError('not_found')
  if (!granted.includes(known)) throw new CodedError('forbidden')
  return known
}

/** Before an entity is looked up: whether the role shows the topic at all. @throws CodedError `forbidden` */
export function requireTopic(caller: Caller, topic: Topic): readonly LocationId[] {
  const granted = locationsFor(caller, topic)
  if (granted.length === 0) throw new CodedError('forbidden')
  return granted
}
