import { z } from 'zod'
import { Id } from '../ids.ts'
import { Version, listOf } from '../request-shapes.ts'
import { AllergySeverity, AllergyStatus } from './codes.ts'

export const Allergy = z.object({
  id: Id,
  version: Version,
  patientId: Id,
  substance: z.string(),
  reaction: z.string().nullable(),
  severity: AllergySeverity,
  status: AllergyStatus,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})
export type Allergy = z.infer<typeof Allergy>
export const AllergyList = listOf(Allergy)
export type AllergyList = z.infer<typeof AllergyList>
