import type { z } from 'zod'
import { TOPIC_SCOPE, type ScopeKind, type Topic } from './channel.ts'
import { findPersonalFields } from './personal-data-guard.ts'
import type { Resource } from './resources.ts'

/** What a subject is; `subject.id` in an event is the id of one of these. */
export type SubjectType = 'appointment' | 'waitlist_entry' | 'patient'

export type Payload = z.ZodObject<z.ZodRawShape>

export type EventDefinition<
  Type extends string = string,
  Data extends Payload = Payload,
  Previous extends Payload | undefined = Payload | undefined,
  Of extends Topic = Topic,
> = {
  type: Type
  topic: Of
  scope: ScopeKind
  subject: SubjectType
  touches: readonly Resource[]
  data: Data
  /** What stood before, where the event changes a status. */
  previous: Previous
}

/**
 * Declares one event of the catalogue. Everything else follows from it: the constructor for publishers, the wire
 * schema, the hook's callback, the invalidation.
 *
 * @throws at start-up when a field of the payload could hold a person's data: a bare string that is neither an id,
 * an enum, a time nor a date. Events are thin; what a screen shows of a person comes from the API.
 */
export function defineEvent<
  const Type extends `${string}:${string}`,
  const Of extends Topic,
  Data extends Payload,
  Previous extends Payload | undefined = undefined,
>(declaration: {
  type: Type
  topic: Of
  subject: SubjectType
  touches: readonly [Resource, ...Resource[]]
  data: Data
  previous?: Previous
}): EventDefinition<Type, Data, Previous, Of> {
  for (const [part, schema] of [
    ['data', declaration.data],
    ['previous', declaration.previous],
  ] as const) {
    const fields = schema ? findPersonalFields(schema) : []
    if (fields.length > 0)
      throw new Error(
        `${declaration.type}: ${fields.map((field) => `${part}.${field}`).join(', ')} could hold a person's data. ` +
          'Use an id, an enum, a time or a number with a code’s meaning; the API shows the rest.',
      )
  }
  return {
    ...declaration,
    scope: TOPIC_SCOPE[declaration.topic],
    previous: declaration.previous as Previous,
  }
}
