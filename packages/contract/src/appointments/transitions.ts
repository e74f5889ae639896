import { EmptyRequest } from '../request-shapes.ts'
import { defineTransitions } from '../transitions.ts'
import type { AppointmentStatus } from './codes.ts'
import {
  AppointmentCreate,
  AppointmentUpdate,
  CancelRequest,
  RescheduleRequest,
  RoomRequest,
  StageRequest,
} from './requests.ts'

const by = 'schedule'

export const APPOINTMENT_TRANSITIONS = defineTransitions<AppointmentStatus>()({
  create: {
    from: 'new',
    to: 'scheduled',
    by,
    event: 'appointment:created',
    requires: AppointmentCreate,
    summary: 'Book an appointment; with waitlistEntryId, for that entry of the waitlist',
  },
  update: {
    from: 'any',
    to: 'same',
    by,
    event: 'appointment:updated',
    requires: AppointmentUpdate,
    summary: 'Change the type or the note',
  },
  confirm: {
    from: ['scheduled'],
    to: 'confirmed',
    by,
    event: 'appointment:confirmed',
    requires: EmptyRequest,
    summary: 'The patient has confirmed',
  },
  'check-in': {
    from: ['scheduled', 'confirmed'],
    to: 'checked_in',
    by,
    event: 'appointment:checkedin',
    requires: EmptyRequest,
    summary: 'The patient is here',
  },
  room: {
    from: ['checked_in', 'roomed'],
    to: 'roomed',
    by,
    event: 'appointment:roomed',
    requires: RoomRequest,
    summary: 'Bring the patient to a room, or to another one',
  },
  stage: {
    from: ['roomed'],
    to: 'same',
    by,
    event: 'appointment:stage_changed',
    requires: StageRequest,
    summary: 'Say where a roomed patient’s visit stands',
  },
  complete: {
    from: ['checked_in', 'roomed'],
    to: 'completed',
    by,
    event: 'appointment:completed',
    requires: EmptyRequest,
    summary: 'The visit is over',
  },
  cancel: {
    from: ['scheduled', 'confirmed', 'checked_in'],
    to: 'cancelled',
    by,
    event: 'appointment:cancelled',
    requires: CancelRequest,
    summary: 'Cancel it, with a reason code',
  },
  'no-show': {
    from: ['scheduled', 'confirmed'],
    to: 'no_show',
    by,
    event: 'appointment:noshow',
    requires: EmptyRequest,
    summary: 'The patient did not come',
  },
  reschedule: {
    from: ['scheduled', 'confirmed'],
    to: 'same',
    by,
    event: 'appointment:rescheduled',
    requires: RescheduleRequest,
    summary: 'Move it to another time or provider',
  },
})
