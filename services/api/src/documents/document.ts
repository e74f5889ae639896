import { DOCUMENT_TRANSITIONS, PatientDocument } from '@derm/contract'
import { defineAggregate } from '../aggregate/aggregate.ts'
import { toDate } from '../patients/patient-view.ts'

export const documents = defineAggregate({
  subject: 'document',
  model: 'patientDocument',
  table: 'patient_documents',
  transitions: DOCUMENT_TRANSITIONS,
  view: {},
  entity: PatientDocument,
  toEntity: (row) => ({
    id: row.id,
    version: row.version,
    patientId: row.patientId,
    kind: row.kind,
    title: row.title,
    receivedOn: toDate(row.receivedOn),
    pages: row.pages,
    status: row.status,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }),
  toThinData: ({ patientId }) => ({ patientId }),
})
