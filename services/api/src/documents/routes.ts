import { DocumentQuery } from '@derm/contract'
import { defineEntityChanges } from '../aggregate/entity-changes.ts'
import { defineEntityReads, defineList } from '../aggregate/entity-reads.ts'
import { findChanges } from '../aggregate/find-changes.ts'
import type { Route } from '../http/route.ts'
import { requirePatient } from '../patients/require-patient.ts'
import { documents } from './document.ts'

export const documentList = defineList(documents, {
  summary: 'The documents of a patient, in the order in which they were filed',
  query: DocumentQuery,
  where: ({ patientId, status }) => ({ patientId, ...(status === undefined ? {} : { status }) }),
  sort: { by: 'createdAt', is: 'time' },
})

const changes = defineEntityChanges(
  documents,
  {
    create: {
      async run({ change, body }) {
        await requirePatient(change, body.patientId)
        return { data: { ...body, receivedOn: new Date(body.receivedOn) }, event: { change: 'added' } }
      },
    },
    update: {
      run({ before, body: { receivedOn, ...rest } }) {
        const asked = { ...rest, receivedOn: receivedOn === undefined ? undefined : new Date(receivedOn) }
        const data = findChanges(before, asked)
        return data && { data, event: { change: 'updated' } }
      },
    },
    'mark-in-error': { run: () => ({ data: {}, event: { change: 'removed' } }) },
  },
  { errors: { create: ['patient_merged'] } },
)

export const documentRoutes: readonly Route[] = [...defineEntityReads(documents, { list: documentList }), ...changes]
