import { z } from 'zod'
import { Sex } from './codes.ts'

export const PatientSearch = z.strictObject({
  query: z.string().trim().max(100).default(''),
  cursor: z.string().max(500).optional(),
  limit: z.number().int().min(1).max(100).default(20),
})

export const PatientUpdate = z.strictObject({
  firstName: z.string().trim().min(1).max(100).optional(),
  lastName: z.string().trim().min(1).max(100).optional(),
  dateOfBirth: z.iso.date().optional(),
  sex: Sex.optional(),
  phone: z.string().trim().max(40).nullable().optional(),
  email: z.email().max(200).nullable().optional(),
})
export type PatientUpdate = z.infer<typeof PatientUpdate>
