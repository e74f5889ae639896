import { EmptyRequest } from '../request-shapes.ts'
import { defineTransitions } from '../transitions.ts'
import type { RecallStatus } from './codes.ts'
import {
  RecallComplete,
  RecallContact,
  RecallCreate,
  RecallDecline,
  RecallPlan,
  RecallSchedule,
  RecallUnreachable,
  RecallUpdate,
} from './requests.ts'

const changed = { by: 'schedule', event: 'recall:updated' } as const
const closed = { by: 'schedule', event: 'recall:closed', from: ['due', 'contacted', 'scheduled'] } as const

/** The end of the visit that a recall is scheduled for closes it, or makes it due again; the appointment's event tells of both. */
export const RECALL_TRANSITIONS = defineTransitions<RecallStatus>()({
  create: {
    from: 'new',
    to: 'planned',
    by: 'schedule',
    event: 'recall:created',
    requires: RecallCreate,
    summary: 'Plan to call a patient back; it is due at most a minute after its day has begun',
  },
  update: {
    ...changed,
    from: ['planned', 'due'],
    to: 'same',
    requires: RecallUpdate,
    summary: 'Change the kind or the note',
  },
  plan: {
    ...changed,
    from: ['planned', 'due', 'contacted'],
    to: 'planned',
    requires: RecallPlan,
    summary: 'Give it another day',
  },
  'come-due': {
    from: ['planned'],
    to: 'due',
    by: 'system',
    event: 'recall:due',
    requires: EmptyRequest,
    summary: 'Its day has come',
  },
  contact: {
    ...changed,
    from: ['due', 'contacted'],
    to: 'contacted',
    requires: RecallContact,
    summary: 'The patient was called: what came of it',
  },
  schedule: {
    ...changed,
    from: ['due', 'contacted'],
    to: 'scheduled',
    requires: RecallSchedule,
    summary: 'The patient has an appointment for it, in this location',
  },
  complete: { ...closed, to: 'completed', requires: RecallComplete, summary: 'The patient has been seen' },
  decline: { ...closed, to: 'declined', requires: RecallDecline, summary: 'The patient does not want to come' },
  'mark-unreachable': {
    ...closed,
    to: 'unreachable',
    requires: RecallUnreachable,
    summary: 'Nobody could reach the patient',
  },
})
