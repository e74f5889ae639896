import { PatientList, PatientSearch, type PatientUpdate, type RecordPart } from '@derm/contract'
import { requireTopic } from '../access/location-scope.ts'
import { defineEntityChanges } from '../aggregate/entity-changes.ts'
import { defineEntityReads } from '../aggregate/entity-reads.ts'
import { defineRead } from '../http/read-route.ts'
import type { Route } from '../http/route.ts'
import { patients } from './patient.ts'
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
    loadShared: (tx, { body }) => searchPatients(tx, body),
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

const changes = defineEntityChanges(patients, {
  update: {
    /** Changes the fields that are given. When they say what the record says already, nothing happens, and no event. */
    run({ before, body }) {
      const { dateOfBirth, ...rest } = body
      const asked = { ...rest, ...(dateOfBirth === undefined ? {} : { dateOfBirth: new Date(dateOfBirth) }) }
      const names = (Object.keys(asked) as (keyof typeof asked)[]).filter(
        (name) => asked[name] !== undefined && asked[name]?.valueOf() !== before[name]?.valueOf(),
      )
      if (names.length === 0) return null
      return {
        data: Object.fromEntries(names.map((name) => [name, asked[name]])),
        event: { changed: [...new Set(names.map((name) => PART_OF[name]))] },
      }
    },
  },
})

export const patientRoutes: readonly Route[] = [search, ...defineEntityReads(patients, {}), ...changes]
