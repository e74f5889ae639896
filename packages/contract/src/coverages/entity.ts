import { z } from 'zod'
import { Id } from '../ids.ts'
import { Version, listOf } from '../request-shapes.ts'
import { CoverageRank, EligibilityStatus } from './codes.ts'

/** One insurance of a patient. */
export const Coverage = z.object({
  id: Id,
  version: Version,
  patientId: Id,
  payerName: z.string(),
  memberId: z.string(),
  planName: z.string().nullable(),
  rank: CoverageRank,
  effectiveFrom: z.iso.date(),
  /** The last day that it covers; null: no end is known. */
  effectiveTo: z.iso.date().nullable(),
  /** The patient's eligibility, as far as it is known. */
  status: EligibilityStatus,
  /** When a payer last answered. An answer is stale after 30 days. */
  checkedAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})
export type Coverage = z.infer<typeof Coverage>
export const CoverageList = listOf(Coverage)
export type CoverageList = z.infer<typeof CoverageList>
