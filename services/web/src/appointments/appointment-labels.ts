import type { Appointment, AppointmentStatus, AppointmentType, CancelCode, VisitStage } from '@derm/contract'

export const STATUS_LABEL = {
  scheduled: 'Scheduled',
  confirmed: 'Confirmed',
  checked_in: 'Checked in',
  roomed: 'In room',
  completed: 'Completed',
  cancelled: 'Cancelled',
  no_show: 'No-show',
} as const satisfies Record<AppointmentStatus, string>

export const STAGE_LABEL = {
  ready_for_provider: 'Ready for provider',
  with_provider: 'With provider',
  procedure: 'Procedure',
  ready_for_checkout: 'Ready for checkout',
} as const satisfies Record<VisitStage, string>

/** Where the appointment stands: its status, and of a roomed patient the stage of the visit. */
export function progressOf({ status, stage }: Pick<Appointment, 'status' | 'stage'>): string {
  return stage === null ? STATUS_LABEL[status] : STAGE_LABEL[stage]
}

/** In the order of a visit. */
export const STATUSES = Object.keys(STATUS_LABEL) as AppointmentStatus[]

export const TYPE_LABEL = {
  new_patient: 'New patient',
  follow_up: 'Follow-up',
  skin_check: 'Skin check',
  biopsy: 'Biopsy',
  excision: 'Excision',
  mohs: 'Mohs surgery',
  cosmetic: 'Cosmetic',
  phototherapy: 'Phototherapy',
  telehealth: 'Telehealth',
} as const satisfies Record<AppointmentType, string>

/** The length that a new appointment of each type starts with, in minutes. */
export const TYPE_MINUTES = {
  new_patient: 30,
  follow_up: 15,
  skin_check: 30,
  biopsy: 30,
  excision: 60,
  mohs: 120,
  cosmetic: 45,
  phototherapy: 15,
  telehealth: 20,
} as const satisfies Record<AppointmentType, number>

export const CANCEL_LABEL = {
  patient_request: 'Patient asked to cancel',
  provider_unavailable: 'Provider is not available',
  illness: 'Illness',
  weather: 'Weather',
  duplicate: 'Booked twice',
  other: 'Other reason',
} as const satisfies Record<CancelCode, string>
