import { z } from 'zod'
import { defineEvent } from '../define-event.ts'
import { Id } from '../ids.ts'
import { PatientStatus, RecordPart } from './codes.ts'

const base = { subject: 'patient' } as const

export const patientCreatedEvent = defineEvent({
  ...base,
  type: 'patient:created',
  isNew: true,
  data: z.strictObject({}),
})
export const patientUpdatedEvent = defineEvent({
  ...base,
  type: 'patient:updated',
  /** Which parts of the record changed, never what they say. */
  data: z.strictObject({ changed: z.array(RecordPart) }),
})
/** That they changed, never which: a flag may say that the patient is allergic to latex, falls easily or has died. */
export const patientFlagChangedEvent = defineEvent({ ...base, type: 'patient:flag_changed', data: z.strictObject({}) })
/**
 * The subject is the record that was given up. Everything that hung on it hangs on the surviving one now; what shows patients is stale
 * anyway.
 */
export const patientMergedEvent = defineEvent({
  ...base,
  type: 'patient:merged',
  invalidates: ['coverages', 'allergies', 'documents', 'accounts'],
  data: z.strictObject({ survivingId: Id }),
  previous: z.strictObject({ status: PatientStatus }),
})
