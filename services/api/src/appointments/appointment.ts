import { APPOINTMENT_TRANSITIONS, Appointment } from '@derm/contract'
import { defineAggregate } from '../aggregate/aggregate.ts'
import { SUMMARY_COLUMNS, toPatientSummary } from '../patients/patient-view.ts'

export const appointments = defineAggregate({
  subject: 'appointment',
  model: 'appointment',
  table: 'appointments',
  transitions: APPOINTMENT_TRANSITIONS,
  view: { patient: { select: SUMMARY_COLUMNS } },
  entity: Appointment,
  toEntity: (row) => ({
    id: row.id,
    version: row.version,
    locationId: row.locationId,
    providerId: row.providerId,
    patient: toPatientSummary(row.patient),
    type: row.type,
    status: row.status,
    stage: row.stage,
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    roomId: row.roomId,
    note: row.note,
    cancelCode: row.cancelCode,
    updatedAt: row.updatedAt.toISOString(),
  }),
  toThinData: ({ patientId, providerId, type, status, stage, startsAt, endsAt, roomId }) => ({
    patientId,
    providerId,
    type,
    status,
    stage,
    startsAt: startsAt.toISOString(),
    endsAt: endsAt.toISOString(),
    roomId,
  }),
  // The exclusion constraint on a provider's time.
  onConflict: { '23P01': 'slot_taken' },
})
