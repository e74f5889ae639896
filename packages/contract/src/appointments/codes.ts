import { wireCode } from '../wire-code.ts'

export const AppointmentStatus = wireCode([
  'scheduled',
  'confirmed',
  'checked_in',
  'roomed',
  'completed',
  'cancelled',
  'no_show',
])
export type AppointmentStatus = (typeof AppointmentStatus.options)[number]

/** Where a roomed patient's visit stands. */
export const VisitStage = wireCode(['ready_for_provider', 'with_provider', 'procedure', 'ready_for_checkout'])
export type VisitStage = (typeof VisitStage.options)[number]

/** What a slot was booked for. It names a kind of visit, not a finding. */
export const AppointmentType = wireCode([
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
export type AppointmentType = (typeof AppointmentType.options)[number]

export const CancelCode = wireCode([
  'patient_request',
  'provider_unavailable',
  'illness',
  'weather',
  'duplicate',
  'other',
])
export type CancelCode = (typeof CancelCode.options)[number]
