import { PatientList, PatientSearch, type PatientUpdate, type RecordPart } from '@derm/contract'
import { requireTopic } from '../access/location-scope.ts'
import { defineEntityChanges } from '../aggregate/entity-changes.ts'
import { defineEntityReads } from '../aggregate/entity-reads.ts'
import { findChanges } from '../aggregate/find-changes.ts'
import { defineRead } from '../http/read-route.ts'
import type { Route } from '../http/route.ts'
import { mergePatients, requireSurvivor } from './merge.ts'
import { patients, toFlags } from './patient.ts'
import { searchPatients } from './queries.ts'

/** A POST, because a name must not stand in a url. */
const search = defineRead(
  {
    method: 'post',
    path: '/patients/search',
    tag: 'patients',
    summary: 'Find patients by the beginning of a name, or by record number',
    body: PatientSearch,
    answer: { status: 200, schema: PatientList, description: 'A page of patients, by last name.' },
    errors: ['forbidden'],
  },
  {
    shows: ['patients'],
    own: 'patients',
    at: ({ caller }) => requireTopic(caller, 'patients') && '*',
    loadShared: (tx, { body }, { tenantId }) => searchPatients(tx, tenantId, body),
    audit: ({ items }) => ({ action: 'patient.search', subjectType: 'patient', details: { count: items.length } }),
  },
)

/** Which part of the record each field belongs to: the event says this much and no more. */
const PART_OF: Record<keyof PatientUpdate, RecordPart> = {
  firstName: 'demographics',
  lastName: 'demographics',
  dateOfBirth: 'demographics',
  sex: 'demographics',
  phone: 'contact',
  email: 'contact',
}

const changes = defineEntityChanges(
  patients,
  {
    create: { run: ({ body }) => ({ data: { ...body, dateOfBirth: new Date(body.dateOfBirth) } }) },
    update: {
      /** Changes the fields that are given. When they say what the record says already, nothing happens, and no event. */
      run({ before, body: { dateOfBirth, ...rest } }) {
        const asked = { ...rest, dateOfBirth: dateOfBirth === undefined ? undefined : new Date(dateOfBirth) }
        const data = findChanges(before, asked)
        if (!data) return null
        const parts = (Object.keys(data) as (keyof PatientUpdate)[]).map((name) => PART_OF[name])
        return { data, event: { changed: [...new Set(parts)] } }
      },
    },
    flag: {
      run({ before, body }) {
        const [old, flags] = [toFlags(before.flags), toFlags(body.flags)]
        return old.join() === flags.join() ? null : { data: { flags } }
      },
    },
    merge: {
      alsoLocks: ({ intoId }) => [intoId],
      run({ before, others, body: { intoId } }) {
        requireSurvivor(before, others, intoId)
        return { data: { mergedIntoId: intoId }, event: { survivingId: intoId } }
      },
      after: ({ change, before, others, body: { intoId } }) =>
        mergePatients(change, before, requireSurvivor(before, others, intoId)),
    },
  },
  { errors: { merge: ['patient_merged', 'coverage_overlaps'] } },
)

export const patientRoutes: readonly Route[] = [search, ...defineEntityReads(patients, {}), ...changes]
