import { AllergyQuery } from '@derm/contract'
import { defineEntityChanges } from '../aggregate/entity-changes.ts'
import { defineEntityReads, defineList } from '../aggregate/entity-reads.ts'
import { findChanges } from '../aggregate/find-changes.ts'
import type { Route } from '../http/route.ts'
import { requirePatient } from '../patients/require-patient.ts'
import { allergies } from './allergy.ts'

export const allergyList = defineList(allergies, {
  summary: 'The allergies of a patient, in the order in which they were added',
  query: AllergyQuery,
  where: ({ patientId, status }) => ({ patientId, ...(status === undefined ? {} : { status }) }),
  sort: { by: 'createdAt', is: 'time' },
})

const changes = defineEntityChanges(
  allergies,
  {
    create: {
      async run({ change, body }) {
        await requirePatient(change, body.patientId)
        return { data: body, event: { change: 'added' } }
      },
    },
    update: {
      run({ before, body }) {
        const data = findChanges(before, body)
        return data && { data, event: { change: 'updated' } }
      },
    },
    'mark-in-error': { run: () => ({ data: {}, event: { change: 'removed' } }) },
  },
  { errors: { create: ['patient_merged'] } },
)

export const allergyRoutes: readonly Route[] = [...defineEntityReads(allergies, { list: allergyList }), ...changes]
