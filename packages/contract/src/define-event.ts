import type { z } from 'zod'
import { TOPIC_SCOPE, type ScopeKind, type Topic } from './channel.ts'
import { findPersonalFields } from './personal-data-guard.ts'
import { withEmbedding, type Resource } from './resources.ts'
import { SUBJECTS, type SubjectType } from './subjects.ts'

export type Payload = z.ZodObject<z.ZodRawShape>

export type EventDefinition<
  Type extends string = string,
  Data extends Payload = Payload,
  Previous extends Payload | undefined = Payload | undefined,
  Of extends Topic = Topic,
  About extends SubjectType = SubjectType,
> = {
  type: Type
  topic: Of
  scope: ScopeKind
  subject: About
  /** What it makes stale: the subject's resource, those named, and all that embed one of them. */
  invalidates: readonly Resource[]
  data: Data
  /** What stood before, where the event changes a status. */
  previous: Previous
}

/**
 * Declares one event of the catalogue. Everything else follows from it: the constructor for publishers, the wire
 * schema, the hook's callback, the invalidation.
 *
 * `topic`: the subject's, unless said. `invalidates`: resources besides the subject's own that the change may alter. `isNew`: the subject has just
 * been created, so nothing can show a part of it yet.
 * @throws at start-up when a field of the payload could hold a person's data: a bare string that is neither an id,
 * a `wireCode`, a time nor a date. Events are thin; what a screen shows of a person comes from the API.
 */
export function defineEvent<
  const Type extends `${string}:${string}`,
  const About extends SubjectType,
  Data extends Payload,
  Previous extends Payload | undefined = undefined,
  const Of extends Topic = (typeof SUBJECTS)[About]['topic'],
>(declaration: {
  type: Type
  subject: About
  topic?: Of
  invalidates?: readonly Resource[]
  isNew?: boolean
  data: Data
  previous?: Previous
}): EventDefinition<Type, Data, Previous, Of, About> {
  const { type, subject, data, previous } = declaration
  const personal = [
    ...findPersonalFields(data).map((field) => `data.${field}`),
    ...(previous ? findPersonalFields(previous).map((field) => `previous.${field}`) : []),
  ]
  if (personal.length > 0)
    throw new Error(
      `${type}: ${personal.join(', ')} could hold a person's data. ` +
        'Use an id, a wireCode, a time or a number with a code’s meaning; the API shows the rest.',
    )
  const { resource } = SUBJECTS[subject]
  const { invalidates = [], isNew = false } = declaration
  const topic = declaration.topic ?? (SUBJECTS[subject].topic as Of)
  return {
    type,
    topic,
    scope: TOPIC_SCOPE[topic],
    subject,
    invalidates: isNew
      ? [...new Set([resource, ...withEmbedding(invalidates)])]
      : withEmbedding([resource, ...invalidates]),
    data,
    previous: previous as Previous,
  }
}
