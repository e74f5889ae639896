import { z } from 'zod'
import { Id } from '../ids.ts'
import { Day, Note, pageFields } from '../request-shapes.ts'
import { ContactOutcome, RecallCloseCode, RecallKind, RecallStatus } from './codes.ts'

/** `dueBefore`: only those that are due on an earlier day. */
export const RecallQuery = z.strictObject({
  ...pageFields,
  locationId: Id,
  status: RecallStatus.optional(),
  dueBefore: Day.optional(),
})

export const RecallCreate = z.strictObject({
  locationId: Id,
  patientId: Id,
  kind: RecallKind,
  dueOn: Day,
  note: Note.optional(),
})
export type RecallCreate = z.infer<typeof RecallCreate>
export const RecallUpdate = z.strictObject({ kind: RecallKind.optional(), note: Note.optional() })
export const RecallPlan = z.strictObject({ dueOn: Day })
export const RecallContact = z.strictObject({ outcome: ContactOutcome })
export const RecallSchedule = z.strictObject({ appointmentId: Id })

const closeWith = <const Codes extends readonly RecallCloseCode[]>(...codes: Codes) =>
  z.strictObject({ code: RecallCloseCode.extract(codes) })
export const RecallComplete = closeWith('visit_completed', 'seen_elsewhere')
export const RecallDecline = closeWith('patient_request', 'moved_away', 'other')
export const RecallUnreachable = closeWith('no_answer', 'wrong_contact', 'other')
