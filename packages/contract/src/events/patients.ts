import { z } from 'zod'
import { defineEvent } from '../define-event.ts'

export const patientUpdatedEvent = defineEvent({
  type: 'patient:updated',
  topic: 'patients',
  subject: 'patient',
  touches: ['patients', 'appointments', 'waitlist'],
  /** Which parts of the record changed, never what they say. */
  data: z.strictObject({ changed: z.array(z.enum(['demographics', 'contact'])) }),
})
