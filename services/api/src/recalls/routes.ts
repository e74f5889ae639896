import { RecallQuery, type RecallCloseCode } from '@derm/contract'
import { defineEntityChanges } from '../aggregate/entity-changes.ts'
import { defineEntityReads, defineList } from '../aggregate/entity-reads.ts'
import { findChanges } from '../aggregate/find-changes.ts'
import { readReferenced } from '../aggregate/lock-entity.ts'
import { appointments } from '../appointments/appointment.ts'
import { invalid } from '../http/invalid.ts'
import type { Route } from '../http/route.ts'
import { requirePatient } from '../patients/require-patient.ts'
import type { Change } from '../change.ts'
import { recalls } from './recall.ts'

export const recallList = defineList(recalls, {
  summary: 'Recalls of a location, by the day on which they are due',
  query: RecallQuery,
  where: ({ status, dueBefore }) => ({
    ...(status === undefined ? {} : { status }),
    ...(dueBefore === undefined ? {} : { dueOn: { lt: new Date(dueBefore) } }),
  }),
  sort: { by: 'dueOn', is: 'time' },
})

/**
 * Holds the visit until the commit: it cannot be cancelled meanwhile. Only its key is held, because the recall is locked already, and a merge
 * writes to visits before it writes to recalls. @throws CodedError `validation_failed`
 */
async function requireVisitFor(
  change: Change,
  recall: { locationId: string; patientId: string },
  id: string,
): Promise<void> {
  const visit = await readReferenced(change, appointments, id)
  if (visit?.locationId !== recall.locationId || visit.patientId !== recall.patientId)
    throw invalid('body', 'appointmentId', 'is no appointment of this patient and location')
  if (['completed', 'cancelled', 'no_show'].includes(visit.status))
    throw invalid('body', 'appointmentId', 'is over or cancelled')
}

const close = {
  run: ({ body: { code } }: { body: { code: RecallCloseCode } }) => ({ data: { closeCode: code }, event: { code } }),
}

const changes = defineEntityChanges(
  recalls,
  {
    create: {
      async run({ change, locationId, body: { patientId, kind, dueOn, note = null } }) {
        await requirePatient(change, patientId)
        return { data: { locationId, patientId, kind, dueOn: new Date(dueOn), note } }
      },
    },
    update: {
      run({ before, body }) {
        const data = findChanges(before, body)
        return data && { data }
      },
    },
    plan: { run: ({ body: { dueOn } }) => ({ data: { dueOn: new Date(dueOn) } }) },
    contact: {
      run: ({ before, body: { outcome } }) => ({ data: { attempts: before.attempts + 1, lastOutcome: outcome } }),
    },
    schedule: {
      async run({ change, before, body: { appointmentId } }) {
        await requireVisitFor(change, before, appointmentId)
        return { data: { appointmentId } }
      },
    },
    complete: close,
    decline: close,
    'mark-unreachable': close,
  },
  { errors: { create: ['patient_merged'] } },
)

export const recallRoutes: readonly Route[] = [...defineEntityReads(recalls, { list: recallList }), ...changes]
