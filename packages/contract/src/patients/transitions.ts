import { defineTransitions } from '../transitions.ts'
import { PatientUpdate } from './requests.ts'

export const PATIENT_TRANSITIONS = defineTransitions()({
  update: {
    from: 'any',
    to: 'same',
    by: 'demographics',
    event: 'patient:updated',
    requires: PatientUpdate,
    summary: 'Change demographics or contact',
  },
})
