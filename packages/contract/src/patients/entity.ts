import { z } from 'zod'
import { Id } from '../ids.ts'
import { Version, listOf } from '../request-shapes.ts'
import { PatientFlag, PatientStatus, Sex } from './codes.ts'

/** What lists and cards show of a patient. */
export const PatientSummary = z.object({
  id: Id,
  mrn: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  dateOfBirth: z.iso.date(),
})
export type PatientSummary = z.infer<typeof PatientSummary>
export const PatientList = listOf(PatientSummary)
export type PatientList = z.infer<typeof PatientList>

export const Patient = PatientSummary.extend({
  version: Version,
  sex: Sex,
  phone: z.string().nullable(),
  email: z.string().nullable(),
  flags: z.array(PatientFlag),
  status: PatientStatus,
  /** The record that has all of this one, once it is `merged`. */
  mergedIntoId: Id.nullable(),
  updatedAt: z.iso.datetime(),
})
export type Patient = z.infer<typeof Patient>
