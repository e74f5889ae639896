import { PATIENT_TRANSITIONS, Patient } from '@derm/contract'
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
    updatedAt: row.updatedAt.toISOString(),
  }),
  toThinData: () => ({}),
})
