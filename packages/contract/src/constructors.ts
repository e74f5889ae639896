import { locationChannel, tenantChannel } from './channel.ts'
import type { EventEnvelope, NewEvent } from './envelope.ts'
import { CATALOGUE, definitionOf, type EventData, type EventPrevious, type EventType } from './events/catalogue.ts'
import type { LocationId, TenantId, UserId } from './ids.ts'

type Previous<Type extends EventType> =
  EventPrevious<Type> extends undefined ? { previous?: never } : { previous: EventPrevious<Type> }

/** What a publisher says of an event; its channel follows from the declaration. */
export type EventInput<Type extends EventType> = {
  tenantId: TenantId
  /** Required where the event's scope is a location. */
  locationId?: LocationId
  actorId: UserId
  subject: { id: string; version: number }
  data: EventData<Type>
} & Previous<Type>

/**
 * Makes an event of one type. Its payload is validated here, so that a wrong one fails the transaction that
 * made it, not a consumer later.
 * @throws ZodError when the payload does not fit the declaration.
 */
export function makeEvent<Type extends EventType>(
  type: Type,
  input: EventInput<Type>,
  id: string = crypto.randomUUID(),
): NewEvent<Type> {
  const definition = definitionOf(type)
  const { tenantId, locationId } = input
  if (definition.scope === 'location' && locationId === undefined) throw new Error(`${type} needs a locationId`)
  if (definition.scope === 'user') throw new Error(`${type}: events in a user's channel have constructors of their own`)
  const channel =
    definition.scope === 'location'
      ? locationChannel(tenantId, locationId as LocationId, definition.topic)
      : tenantChannel(tenantId, definition.topic)
  const event = {
    id,
    type,
    channel,
    ...(locationId === undefined ? {} : { locationId }),
    actorId: input.actorId,
    subject: { type: definition.subject, id: input.subject.id, version: input.subject.version },
    data: definition.data.parse(input.data),
    ...(definition.previous ? { previous: definition.previous.parse(input.previous) } : {}),
  }
  return event as unknown as NewEvent<Type>
}

type ConstructorName<Type extends string> = Type extends `${infer Subject}:${infer Verb}`
  ? `${Subject}${PascalCase<Verb>}`
  : never
export type PascalCase<Text extends string> = Text extends `${infer Head}_${infer Tail}`
  ? `${Capitalize<Head>}${PascalCase<Tail>}`
  : Capitalize<Text>

export type EventConstructors = {
  [Type in EventType as ConstructorName<Type>]: (input: EventInput<Type>) => NewEvent<Type>
}

const camel = (type: string) => type.replace(/[:_](\w)/g, (_, letter: string) => letter.toUpperCase())

/** `event.appointmentCreated({…})`, `event.waitlistSlotOffered({…})`: one for each event of the catalogue. */
export const event = Object.fromEntries(
  (Object.keys(CATALOGUE) as EventType[]).map((type) => [
    camel(type),
    (input: EventInput<EventType>) => makeEvent(type, input as never),
  ]),
) as unknown as EventConstructors

export type { EventEnvelope }
