import type { Appointment, EventData } from '@derm/contract'
import type { Prisma } from '@derm/database'
import { SUMMARY_COLUMNS, toPatientSummary } from '../patients/patient-view.ts'

/** Everything that an answer shows of an appointment: its own row, and its patient's name. */
export const APPOINTMENT_VIEW = { patient: { select: SUMMARY_COLUMNS } } as const satisfies Prisma.AppointmentInclude
export type AppointmentRow = Prisma.AppointmentGetPayload<{ include: typeof APPOINTMENT_VIEW }>

export function toAppointment(row: AppointmentRow): Appointment {
  const { id, version, locationId, providerId, type, status, roomId, note, cancelCode } = row
  return {
    id,
    version,
    locationId,
    providerId,
    patient: toPatientSummary(row.patient),
    type,
    status,
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    roomId,
    note,
    cancelCode,
    updatedAt: row.updatedAt.toISOString(),
  }
}

/** The thin record that events carry: no name, no note. */
export function toAppointmentData(row: AppointmentRow): EventData<'appointment:updated'> {
  const { patientId, providerId, type, status, roomId } = row
  return {
    patientId,
    providerId,
    type,
    status,
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    roomId,
  }
}
