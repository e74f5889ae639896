import { z } from 'zod'
import { Id } from '../ids.ts'
import { PatientFlag, Sex } from './codes.ts'

/** Merged records are not found. */
export const PatientSearch = z.strictObject({
  query: z.string().trim().max(100).default(''),
  cursor: z.string().max(500).optional(),
  limit: z.number().int().min(1).max(100).default(20),
})

const patient = z.strictObject({
  firstName: z.string().trim().min(1).max(100),
  lastName: z.string().trim().min(1).max(100),
  dateOfBirth: z.iso.date(),
  sex: Sex,
  phone: z.string().trim().max(40).nullable(),
  email: z.email().max(200).nullable(),
})

/** The record number is the practice's next one. */
export const PatientCreate = patient.extend({
  sex: Sex.default('unknown'),
  phone: patient.shape.phone.default(null),
  email: patient.shape.email.default(null),
})
export type PatientCreate = z.infer<typeof PatientCreate>

export const PatientUpdate = patient.partial()
export type PatientUpdate = z.infer<typeof PatientUpdate>

/** All flags that hold from now on. */
export const FlagRequest = z.strictObject({
  flags: z
    .array(PatientFlag)
    .max(PatientFlag.options.length)
    .refine((flags) => new Set(flags).size === flags.length, { error: 'names a flag twice' }),
})
/** `intoId`: the record that survives. */
export const MergeRequest = z.strictObject({ intoId: Id })
