import { z } from 'zod'
import { definitionOf, isEventType, type EventData, type EventPrevious, type EventType } from './catalogue.ts'
import { Id } from './ids.ts'
import { Epoch, Seq } from './position.ts'

/**
 * An event as a client receives it: `socket.on(event.type, (event) => …)`.
 *
 * - `at`: when its transaction was flushed, ISO 8601 UTC. - `seq`: its place in `channel`, from 1, without gaps within `epoch`.
 * - `mutationId`: the `Idempotency-Key` of the request that caused it. - `spreadMs`: a client should spread the refetches that
 * this event causes over so many milliseconds. - `traceparent`: W3C trace context.
 */
export type EventEnvelope<Type extends EventType = EventType> = {
  [T in Type]: {
    id: string
    type: T
    channel: string
    epoch: string
    seq: number
    at: string
    locationId?: string
    actorId: string
    subject: { type: string; id: string; version: number }
    data: EventData<T>
    previous?: EventPrevious<T>
    mutationId?: string
    spreadMs?: number
    traceparent?: string
  }
}[Type]

/** What a command hands to the publisher: the event before the flush gives it its place. */
export type NewEvent<Type extends EventType = EventType> = Omit<
  EventEnvelope<Type>,
  'epoch' | 'seq' | 'at' | 'spreadMs' | 'mutationId' | 'traceparent'
>

/** An envelope without its payload's own schema. */
export const EnvelopeHead = z.object({
  id: Id,
  type: z.string(),
  channel: z.string().max(200),
  epoch: Epoch,
  seq: Seq.min(1),
  at: z.iso.datetime(),
  locationId: Id.optional(),
  actorId: Id,
  subject: z.object({ type: z.string().max(40), id: Id, version: z.number().int().min(1) }),
  data: z.unknown(),
  previous: z.unknown().optional(),
  mutationId: z.string().max(200).optional(),
  spreadMs: z.number().int().min(0).max(600_000).optional(),
  traceparent: z.string().max(100).optional(),
})

/** Parses an envelope of any catalogued type, its payload included. Throws a ZodError, or an Error for an unknown type. */
export function parseEnvelope(value: unknown): EventEnvelope {
  const envelope = EnvelopeHead.parse(value)
  if (!isEventType(envelope.type)) throw new Error(`unknown event type`)
  const definition = definitionOf(envelope.type)
  const data = definition.data.parse(envelope.data)
  const previous = definition.previous?.parse(envelope.previous)
  return { ...envelope, data, ...(previous === undefined ? {} : { previous }) } as EventEnvelope
}
