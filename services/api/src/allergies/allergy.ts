import { ALLERGY_TRANSITIONS, Allergy } from '@derm/contract'
import { defineAggregate } from '../aggregate/aggregate.ts'

export const allergies = defineAggregate({
  subject: 'allergy',
  model: 'allergy',
  table: 'allergies',
  transitions: ALLERGY_TRANSITIONS,
  view: {},
  entity: Allergy,
  toEntity: (row) => ({
    id: row.id,
    version: row.version,
    patientId: row.patientId,
    substance: row.substance,
    reaction: row.reaction,
    severity: row.severity,
    status: row.status,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }),
  toThinData: ({ patientId }) => ({ patientId }),
})
