import { RECALL_TRANSITIONS, Recall } from '@derm/contract'
import { defineAggregate } from '../aggregate/aggregate.ts'
import { SUMMARY_COLUMNS, toDate, toPatientSummary } from '../patients/patient-view.ts'

export const recalls = defineAggregate({
  subject: 'recall',
  model: 'recall',
  table: 'recalls',
  transitions: RECALL_TRANSITIONS,
  view: { patient: { select: SUMMARY_COLUMNS } },
  entity: Recall,
  toEntity: (row) => ({
    id: row.id,
    version: row.version,
    locationId: row.locationId,
    patient: toPatientSummary(row.patient),
    kind: row.kind,
    status: row.status,
    dueOn: toDate(row.dueOn),
    note: row.note,
    attempts: row.attempts,
    lastOutcome: row.lastOutcome,
    appointmentId: row.appointmentId,
    closeCode: row.closeCode,
    updatedAt: row.updatedAt.toISOString(),
  }),
  toThinData: ({ patientId, kind, status }) => ({ patientId, kind, status }),
})
