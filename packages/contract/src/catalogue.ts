import type { z } from 'zod'
import * as accounts from './accounts/events.ts'
import * as allergies from './allergies/events.ts'
import * as appointments from './appointments/events.ts'
import * as coverages from './coverages/events.ts'
import type { EventDefinition } from './define-event.ts'
import * as documents from './documents/events.ts'
import * as patients from './patients/events.ts'
import * as recalls from './recalls/events.ts'
import * as waitlist from './waitlist/events.ts'

const all = [
  ...Object.values(appointments),
  ...Object.values(waitlist),
  ...Object.values(recalls),
  ...Object.values(patients),
  ...Object.values(coverages),
  ...Object.values(allergies),
  ...Object.values(documents),
  ...Object.values(accounts),
] as const

export type AnyEventDefinition = (typeof all)[number]
export type EventType = AnyEventDefinition['type']
export type EventOf<Type extends EventType> = Extract<AnyEventDefinition, { type: Type }>
export type EventData<Type extends EventType> = z.infer<EventOf<Type>['data']>
export type EventPrevious<Type extends EventType> = EventOf<Type>['previous'] extends z.ZodType
  ? z.infer<EventOf<Type>['previous']>
  : undefined

/** Every event that exists, by its type. */
export const CATALOGUE = Object.fromEntries(all.map((event) => [event.type, event])) as {
  [Type in EventType]: EventOf<Type>
}

export const EVENT_TYPES = Object.keys(CATALOGUE) as EventType[]

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(CATALOGUE, type)
}

/** The definition without its own types, for code that treats all events alike. */
export function definitionOf(type: EventType): EventDefinition {
  return CATALOGUE[type]
}

export type EventTypeOfTopic<T extends AnyEventDefinition['topic']> = Extract<AnyEventDefinition, { topic: T }>['type']
