import { wireCode } from '../wire-code.ts'

/** Which insurance pays first, second, third. */
export const CoverageRank = wireCode(['primary', 'secondary', 'tertiary'])
export type CoverageRank = (typeof CoverageRank.options)[number]

/** What a payer answered when it was asked whether the patient is insured; `payer_down`: it did not answer. */
export const EligibilityOutcome = wireCode(['active', 'inactive', 'not_found', 'payer_down'])
export type EligibilityOutcome = (typeof EligibilityOutcome.options)[number]

/** A coverage's status: what is known of the patient's eligibility. */
export const EligibilityStatus = wireCode(['unknown', 'requested', 'active', 'inactive', 'not_found', 'payer_down'])
export type EligibilityStatus = (typeof EligibilityStatus.options)[number]
