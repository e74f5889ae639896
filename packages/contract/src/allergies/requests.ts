import { z } from 'zod'
import { Id } from '../ids.ts'
import { pageFields } from '../request-shapes.ts'
import { AllergySeverity, AllergyStatus } from './codes.ts'

/** Without `status`: those in error too, which a chart shows as struck out. */
export const AllergyQuery = z.strictObject({ ...pageFields, patientId: Id, status: AllergyStatus.optional() })

const allergy = z.strictObject({
  substance: z.string().trim().min(1).max(200),
  reaction: z.string().trim().min(1).max(500).nullable(),
  severity: AllergySeverity,
})

export const AllergyCreate = allergy.extend({ patientId: Id, reaction: allergy.shape.reaction.default(null) })
export type AllergyCreate = z.infer<typeof AllergyCreate>
export const AllergyUpdate = allergy.partial()
export type AllergyUpdate = z.infer<typeof AllergyUpdate>
