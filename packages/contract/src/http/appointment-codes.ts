import { z } from 'zod'

export const AppointmentStatus = z.enum([
  'scheduled',
  'confirmed',
  'checked_in',
  'roomed',
  'completed',
  'cancelled',
  'no_show',
])
export type AppointmentStatus = z.infer<typeof AppointmentStatus>

export const AppointmentType = z.enum([
  'new_patient',
  'follow_up',
  'skin_check',
  'biopsy',
  'excision',
  'mohs',
  'cosmetic',
  'phototherapy',
  'telehealth',
])
export type AppointmentType = z.infer<typeof AppointmentType>

export const CancelCode = z.enum([
  'patient_request',
  'provider_unavailable',
  'illness',
  'weather',
  'duplicate',
  'other',
])
export type CancelCode = z.infer<typeof CancelCode>

/** The actions that change an appointment's status, and the statuses that each may start from. */
export const APPOINTMENT_TRANSITIONS = {
  confirm: { from: ['scheduled'], to: 'confirmed' },
  'check-in': { from: ['scheduled', 'confirmed'], to: 'checked_in' },
  room: { from: ['checked_in', 'roomed'], to: 'roomed' },
  complete: { from: ['checked_in', 'roomed'], to: 'completed' },
  cancel: { from: ['scheduled', 'confirmed', 'checked_in'], to: 'cancelled' },
  'no-show': { from: ['scheduled', 'confirmed'], to: 'no_show' },
} as const satisfies Record<string, { from: readonly AppointmentStatus[]; to: AppointmentStatus }>
export type AppointmentTransition = keyof typeof APPOINTMENT_TRANSITIONS

/** Statuses in which an appointment may still be moved to another time or provider. */
export const RESCHEDULABLE = ['scheduled', 'confirmed'] as const satisfies readonly AppointmentStatus[]
