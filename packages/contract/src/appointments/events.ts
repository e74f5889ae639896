import { z } from 'zod'
import { defineEvent } from '../define-event.ts'
import { Id } from '../ids.ts'
import { slot } from '../slot.ts'
import { AppointmentStatus, AppointmentType, CancelCode, VisitStage } from './codes.ts'

/** The thin record of an appointment: enough to place it on a board and to know what to refetch. */
const appointment = z.strictObject({
  patientId: Id,
  providerId: Id,
  type: AppointmentType,
  status: AppointmentStatus,
  stage: VisitStage.nullable(),
  startsAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
  roomId: Id.nullable(),
})
const status = z.strictObject({ status: AppointmentStatus })

const base = { subject: 'appointment' } as const

/** Booking may take an entry off the waitlist, which has no event of its own. */
export const appointmentCreatedEvent = defineEvent({
  ...base,
  type: 'appointment:created',
  invalidates: ['waitlist'],
  data: appointment,
})
export const appointmentUpdatedEvent = defineEvent({ ...base, type: 'appointment:updated', data: appointment })
export const appointmentRescheduledEvent = defineEvent({
  ...base,
  type: 'appointment:rescheduled',
  data: appointment,
  previous: slot,
})
export const appointmentConfirmedEvent = defineEvent({
  ...base,
  type: 'appointment:confirmed',
  data: appointment,
  previous: status,
})
export const appointmentCheckedinEvent = defineEvent({
  ...base,
  type: 'appointment:checkedin',
  data: appointment,
  previous: status,
})
export const appointmentRoomedEvent = defineEvent({
  ...base,
  type: 'appointment:roomed',
  data: appointment,
  previous: status,
})
// The end of a visit closes the recall that it was for, or makes it due again.
export const appointmentCompletedEvent = defineEvent({
  ...base,
  type: 'appointment:completed',
  invalidates: ['recalls'],
  data: appointment,
  previous: status,
})
export const appointmentCancelledEvent = defineEvent({
  ...base,
  type: 'appointment:cancelled',
  invalidates: ['recalls'],
  data: appointment.extend({ cancelCode: CancelCode }),
  previous: status,
})
export const appointmentNoshowEvent = defineEvent({
  ...base,
  type: 'appointment:noshow',
  invalidates: ['recalls'],
  data: appointment,
  previous: status,
})
/** A roomed patient’s visit went on, or back. */
export const appointmentStageChangedEvent = defineEvent({
  ...base,
  type: 'appointment:stage_changed',
  data: appointment,
  previous: z.strictObject({ stage: VisitStage.nullable() }),
})
