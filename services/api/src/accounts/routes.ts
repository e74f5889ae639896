import { AccountQuery } from '@derm/contract'
import { defineEntityChanges } from '../aggregate/entity-changes.ts'
import { defineEntityReads, defineList } from '../aggregate/entity-reads.ts'
import type { Change } from '../change.ts'
import type { Route } from '../http/route.ts'
import { requireUnmerged, requirePatient } from '../patients/require-patient.ts'
import { accounts } from './account.ts'
import { postEntry } from './post-entry.ts'

export const accountList = defineList(accounts, {
  summary: 'The account of a patient; none before it is opened',
  query: AccountQuery,
  where: ({ patientId }) => ({ patientId }),
  sort: { by: 'createdAt', is: 'time' },
})

/**
 * Nothing is added to the ledger of a record that was merged: nobody opens it any more. A merge locks the accounts of both records, so what is
 * read while this one is locked stays true; the patient's row is not locked, because a merge locks it first.
 */
async function requireOpen({ tx }: Change, { patientId }: { patientId: string }): Promise<void> {
  requireUnmerged(await tx.patient.findUnique({ where: { id: patientId }, select: { mergedIntoId: true } }))
}

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
      async run({ change, before, body: { amountCents } }) {
        await requireOpen(change, before)
        return { data: postEntry(before, { code: 'copay', amountCents: -amountCents, actorId: change.caller.userId }) }
      },
    },
    adjust: {
      async run({ change, before, body }) {
        await requireOpen(change, before)
        return { data: postEntry(before, { ...body, actorId: change.caller.userId }) }
      },
    },
  },
  { errors: { create: ['patient_merged', 'account_exists'], copay: ['patient_merged'], adjust: ['patient_merged'] } },
)

export const accountRoutes: readonly Route[] = [...defineEntityReads(accounts, { list: accountList }), ...changes]
