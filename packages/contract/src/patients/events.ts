import { z } from 'zod'
import { defineEvent } from '../define-event.ts'
import { RecordPart } from './codes.ts'

export const patientUpdatedEvent = defineEvent({
  type: 'patient:updated',
  subject: 'patient',
  /** Which parts of the record changed, never what they say. */
  data: z.strictObject({ changed: z.array(RecordPart) }),
})
