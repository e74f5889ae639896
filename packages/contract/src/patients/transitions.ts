import { defineTransitions } from '../transitions.ts'
import type { PatientStatus } from './codes.ts'
import { FlagRequest, MergeRequest, PatientCreate, PatientUpdate } from './requests.ts'

const by = 'demographics'

/** A merged record only stays readable. */
export const PATIENT_TRANSITIONS = defineTransitions<PatientStatus>()({
  create: {
    from: 'new',
    to: 'active',
    by,
    event: 'patient:created',
    requires: PatientCreate,
    summary: 'Register a patient; the record number is the practice’s next one',
  },
  update: {
    from: ['active'],
    to: 'same',
    by,
    event: 'patient:updated',
    requires: PatientUpdate,
    summary: 'Change demographics or contact',
  },
  flag: {
    from: ['active'],
    to: 'same',
    by,
    event: 'patient:flag_changed',
    requires: FlagRequest,
    summary: 'Set the whole list of flags',
  },
  merge: {
    from: ['active'],
    to: 'merged',
    by,
    event: 'patient:merged',
    requires: MergeRequest,
    summary: 'Give this record up for another one of the same person, which gets all that hangs on it',
  },
})
