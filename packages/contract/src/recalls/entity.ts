import { z } from 'zod'
import { Id } from '../ids.ts'
import { PatientSummary } from '../patients/entity.ts'
import { Version, listOf } from '../request-shapes.ts'
import { ContactOutcome, RecallCloseCode, RecallKind, RecallStatus } from './codes.ts'

export const Recall = z.object({
  id: Id,
  version: Version,
  locationId: Id,
  patient: PatientSummary,
  kind: RecallKind,
  status: RecallStatus,
  /** The day from which the practice calls the patient, by the location's calendar. */
  dueOn: z.iso.date(),
  note: z.string().nullable(),
  /** How often somebody tried to reach the patient, and what came of the last time. */
  attempts: z.number().int(),
  lastOutcome: ContactOutcome.nullable(),
  /** While `scheduled`, and after the visit. */
  appointmentId: Id.nullable(),
  closeCode: RecallCloseCode.nullable(),
  updatedAt: z.iso.datetime(),
})
export type Recall = z.infer<typeof Recall>
export const RecallList = listOf(Recall)
export type RecallList = z.infer<typeof RecallList>
