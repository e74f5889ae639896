import { AccountQuery } from '@derm/contract'
import { defineEntityChanges } from '../aggregate/entity-changes.ts'
import { defineEntityReads, defineList } from '../aggregate/entity-reads.ts'
import type { Route } from '../http/route.ts'
import { requirePatient } from '../patients/require-patient.ts'
import { accounts } from './account.ts'
import { postEntry } from './post-entry.ts'

export const accountList = defineList(accounts, {
  summary: 'The account of a patient; none before it is opened',
  query: AccountQuery,
  where: ({ patientId }) => ({ patientId }),
  sort: { by: 'createdAt', is: 'time' },
})

const changes = defineEntityChanges(
  accounts,
  {
    create: {
      async run({ change, body: { patientId } }) {
        await requirePatient(change, patientId)
        return { data: { patientId } }
      },
    },
    copay: {
      run: ({ change, before, body: { amountCents } }) => ({
        data: postEntry(before, { code: 'copay', amountCents: -amountCents, actorId: change.caller.userId }),
      }),
    },
    adjust: {
      run: ({ change, before, body }) => ({ data: postEntry(before, { ...body, actorId: change.caller.userId }) }),
    },
  },
  { errors: { create: ['patient_merged', 'account_exists'] } },
)

export const accountRoutes: readonly Route[] = [...defineEntityReads(accounts, { list: accountList }), ...changes]
