import { z } from 'zod'
import { Id, Patient, PatientList, PatientSearch, PatientUpdate, grantedChannels } from '@derm/contract'
import { requireTopic } from '../access/location-scope.ts'
import type { Caller } from '../access/principal.ts'
import { defineChange } from '../http/change-route.ts'
import { defineRead } from '../http/read-route.ts'
import type { Route } from '../http/route.ts'
import { updatePatient } from './commands.ts'
import { getPatient, searchPatients } from './queries.ts'

const tag = 'patients'
const params = z.strictObject({ id: Id })

function feedsOf(caller: Caller) {
  requireTopic(caller, 'patients')
  return grantedChannels(caller, 'patients')
}

/** A POST, because a name must not stand in a url. */
const search = defineRead(
  {
    method: 'post',
    path: '/patients/search',
    tag,
    summary: 'Find patients by the beginning of a name, or by record number',
    body: PatientSearch,
    answer: { status: 200, schema: PatientList, description: 'A page of patients, by last name.' },
    errors: ['forbidden'],
  },
  {
    feeds: ({ caller }) => feedsOf(caller),
    loadShared: (tx, { body }) => searchPatients(tx, body),
    audit: ({ items }) => ({ action: 'patient.search', subjectType: 'patient', details: { count: items.length } }),
  },
)

const get = defineRead(
  {
    method: 'get',
    path: '/patients/:id',
    tag,
    summary: 'One patient',
    params,
    answer: { status: 200, schema: Patient, description: 'The patient.' },
    errors: ['forbidden', 'not_found'],
  },
  {
    feeds: ({ caller }) => feedsOf(caller),
    loadShared: (tx, { params: { id } }) => getPatient(tx, id),
    versionOf: ({ version }) => version,
    audit: ({ id }) => ({ action: 'patient.read', subjectType: 'patient', subjectId: id }),
  },
)

const update = defineChange(
  {
    method: 'patch',
    path: '/patients/:id',
    tag,
    summary: 'Change demographics or contact',
    params,
    body: PatientUpdate,
    isConditional: true,
    answer: { status: 200, schema: Patient, description: 'The patient, after the change.' },
    errors: ['forbidden', 'not_found', 'conflict'],
  },
  async (change, { params: { id }, version, body }) => {
    const patient = await updatePatient(change, id, version, body)
    return { body: patient, version: patient.version }
  },
)

export const patientRoutes: readonly Route[] = [search, get, update]
