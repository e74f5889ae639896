import { z } from 'zod'
import { Id } from '../ids.ts'
import { pageFields } from '../request-shapes.ts'
import { CoverageRank, EligibilityOutcome } from './codes.ts'

export const CoverageQuery = z.strictObject({ ...pageFields, patientId: Id })

const coverage = z.strictObject({
  payerName: z.string().trim().min(1).max(200),
  memberId: z.string().trim().min(1).max(80),
  planName: z.string().trim().min(1).max(200).nullable(),
  rank: CoverageRank,
  effectiveFrom: z.iso.date(),
})

export const CoverageCreate = coverage.extend({
  patientId: Id,
  planName: coverage.shape.planName.default(null),
  /** The last day that it covers. */
  effectiveTo: z.iso.date().nullable().default(null),
})
export type CoverageCreate = z.infer<typeof CoverageCreate>

/** Without its end, which `end` sets. */
export const CoverageUpdate = coverage.partial()
export type CoverageUpdate = z.infer<typeof CoverageUpdate>

/** `effectiveTo`: the last day that it covers. */
export const EndCoverageRequest = z.strictObject({ effectiveTo: z.iso.date() })
export const RecordEligibilityRequest = z.strictObject({ outcome: EligibilityOutcome })
