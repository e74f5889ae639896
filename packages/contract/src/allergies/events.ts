import { z } from 'zod'
import { defineEvent } from '../define-event.ts'
import { Id } from '../ids.ts'
import { ListChange } from '../patients/codes.ts'
import { AllergyStatus } from './codes.ts'

/** That the list of allergies changed, never what it says: neither substance nor severity travels. */
export const patientAllergyUpdatedEvent = defineEvent({
  type: 'patient:allergy_updated',
  subject: 'allergy',
  data: z.strictObject({ patientId: Id, change: ListChange }),
  previous: z.strictObject({ status: AllergyStatus.nullable() }),
})
