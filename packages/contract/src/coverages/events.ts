import { z } from 'zod'
import { defineEvent } from '../define-event.ts'
import { Id } from '../ids.ts'
import { CoverageRank, EligibilityOutcome, EligibilityStatus } from './codes.ts'

const coverage = z.strictObject({ patientId: Id, rank: CoverageRank, status: EligibilityStatus })
/** `null`: the coverage is new. */
const previous = z.strictObject({ status: EligibilityStatus.nullable() })

/** An insurance was added, changed or ended, or its payer was asked about the patient. */
export const patientInsuranceUpdatedEvent = defineEvent({
  type: 'patient:insurance_updated',
  subject: 'coverage',
  data: coverage,
  previous,
})
/** The payer's answer is there, or it did not answer. */
export const patientInsuranceVerifiedEvent = defineEvent({
  type: 'patient:insurance_verified',
  subject: 'coverage',
  data: coverage.extend({ outcome: EligibilityOutcome }),
  previous,
})
