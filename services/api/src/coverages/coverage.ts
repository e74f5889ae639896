import { COVERAGE_TRANSITIONS, Coverage } from '@derm/contract'
import { defineAggregate } from '../aggregate/aggregate.ts'
import { toDate } from '../patients/patient-view.ts'

export const coverages = defineAggregate({
  subject: 'coverage',
  model: 'coverage',
  table: 'coverages',
  transitions: COVERAGE_TRANSITIONS,
  view: {},
  entity: Coverage,
  toEntity: (row) => ({
    id: row.id,
    version: row.version,
    patientId: row.patientId,
    payerName: row.payerName,
    memberId: row.memberId,
    planName: row.planName,
    rank: row.rank,
    effectiveFrom: toDate(row.effectiveFrom),
    effectiveTo: row.effectiveTo && toDate(row.effectiveTo),
    status: row.status,
    checkedAt: row.checkedAt && row.checkedAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }),
  toThinData: ({ patientId, rank, status }) => ({ patientId, rank, status }),
  // The exclusion constraint on a patient's primary insurances.
  onConflict: { '23P01': 'coverage_overlaps' },
})
