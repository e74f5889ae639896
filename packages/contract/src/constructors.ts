import {
  CATALOGUE,
  definitionOf,
  type EventData,
  type EventOf,
  type EventPrevious,
  type EventType,
} from './catalogue.ts'
import { locationChannel, tenantChannel, userChannel, type ChannelName, type TOPIC_SCOPE } from './channel.ts'
import type { EventDefinition } from './define-event.ts'
import type { EventEnvelope, NewEvent } from './envelope.ts'
import type { LocationId, TenantId, UserId } from './ids.ts'

type Previous<Type extends EventType> =
  EventPrevious<Type> extends undefined ? { previous?: never } : { previous: EventPrevious<Type> }

/** Where an event goes, by the scope of its topic: a location's channel, one user's, or the tenant's. */
type Place<Type extends EventType> = {
  location: { locationId: LocationId; recipientId?: never }
  user: { recipientId: UserId; locationId?: LocationId }
  tenant: { locationId?: LocationId; recipientId?: never }
}[(typeof TOPIC_SCOPE)[EventOf<Type>['topic']]]

/** What a publisher says of an event; its channel follows from the declaration. */
export type EventInput<Type extends EventType> = {
  tenantId: TenantId
  actorId: UserId
  subject: { id: string; version: number }
  data: EventData<Type>
} & Place<Type> &
  Previous<Type>

type AnyInput = {
  tenantId: TenantId
  actorId: UserId
  locationId?: LocationId
  recipientId?: UserId
  subject: { id: string; version: number }
  data: unknown
  previous?: unknown
}

/**
 * Makes an event of one type. Its payload is validated here, so that a wrong one fails the transaction that
 * made it, not a consumer later.
 * @throws ZodError when the payload does not fit the declaration; Error when the place is missing.
 */
export function makeEvent<Type extends EventType>(
  type: Type,
  input: EventInput<Type>,
  id: string = crypto.randomUUID(),
): NewEvent<Type> {
  const definition = definitionOf(type)
  const { locationId, actorId, subject, data, previous } = input as AnyInput
  const event = {
    id,
    type,
    channel: channelOf(type, definition, input),
    ...(locationId === undefined ? {} : { locationId }),
    actorId,
    subject: { type: definition.subject, id: subject.id, version: subject.version },
    data: definition.data.parse(data),
    ...(definition.previous ? { previous: definition.previous.parse(previous) } : {}),
  }
  return event as unknown as NewEvent<Type>
}

/** The channel of an event, by the scope of its topic. @throws Error when the place that the scope asks for is missing. */
export function channelOf(
  type: string,
  { scope, topic }: Pick<EventDefinition, 'scope' | 'topic'>,
  { tenantId, locationId, recipientId }: Pick<AnyInput, 'tenantId' | 'locationId' | 'recipientId'>,
): ChannelName {
  switch (scope) {
    case 'tenant':
      return tenantChannel(tenantId, topic)
    case 'location':
      if (locationId === undefined) throw new Error(`${type} needs a locationId`)
      return locationChannel(tenantId, locationId, topic)
    case 'user':
      if (recipientId === undefined) throw new Error(`${type} needs a recipientId`)
      return userChannel(tenantId, recipientId, topic)
  }
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
