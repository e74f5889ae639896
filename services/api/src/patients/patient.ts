import { PATIENT_TRANSITIONS, Patient, PatientFlag } from '@derm/contract'
import { defineAggregate } from '../aggregate/aggregate.ts'
import { toPatientSummary } from './patient-view.ts'

export const patients = defineAggregate({
  subject: 'patient',
  model: 'patient',
  table: 'patients',
  transitions: PATIENT_TRANSITIONS,
  view: {},
  entity: Patient,
  toEntity: (row) => ({
    ...toPatientSummary(row),
    version: row.version,
    sex: row.sex,
    phone: row.phone,
    email: row.email,
    flags: toFlags(row.flags),
    status: row.status,
    mergedIntoId: row.mergedIntoId,
    updatedAt: row.updatedAt.toISOString(),
  }),
  toThinData: () => ({}),
})

/** In the contract's order. The database keeps other codes out. */
export function toFlags(codes: readonly string[]): PatientFlag[] {
  return PatientFlag.options.filter((flag) => codes.includes(flag))
}
