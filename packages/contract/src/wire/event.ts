import { z } from 'zod'
import { EnvelopeHead, type EventEnvelope } from '../envelope.ts'

/**
 * Down, under the event's type: `socket.on(event.type, (event) => …)`. The payload's own schema is in the catalogue. A client does
 * not check the payload: it would refuse the codes that a later catalogue adds.
 */
export const EventMessage = EnvelopeHead.extend({ data: z.looseObject({}) })
export type EventMessage = EventEnvelope
