import { z } from 'zod'
import {
  CodedError,
  Id,
  type Appointment,
  type AppointmentList,
  type AppointmentQuery,
  type LocationId,
} from '@derm/contract'
import type { TenantTx } from '@derm/database'
import { requireTopic } from '../access/location-scope.ts'
import type { Caller } from '../access/principal.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { invalid } from '../http/invalid.ts'
import { APPOINTMENT_VIEW, toAppointment } from './appointment-view.ts'

/** The longest span of a list, in days. */
const MAX_DAYS = 62

/** Appointments of a location that start in [from, to), by their start. */
export async function listAppointments(
  tx: TenantTx,
  { locationId, from, to, providerId, status, cursor, limit }: z.infer<typeof AppointmentQuery>,
): Promise<AppointmentList> {
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000
  if (!(days > 0 && days <= MAX_DAYS))
    throw invalid('query', 'to', `must be later than from, by ${MAX_DAYS} days at most`)
  const after = decodeCursor(cursor, [z.iso.datetime(), Id])
  const rows = await tx.appointment.findMany({
    where: {
      locationId,
      startsAt: { gte: new Date(from), lt: new Date(to) },
      ...(providerId === undefined ? {} : { providerId }),
      ...(status === undefined ? {} : { status }),
      ...(after
        ? { OR: [{ startsAt: { gt: new Date(after[0]) } }, { startsAt: new Date(after[0]), id: { gt: after[1] } }] }
        : {}),
    },
    orderBy: [{ startsAt: 'asc' }, { id: 'asc' }],
    take: limit + 1,
    include: APPOINTMENT_VIEW,
  })
  return toPage(rows, limit, (row) => [row.startsAt.toISOString(), row.id], toAppointment)
}

/** @throws CodedError `not_found` */
export async function getAppointment(tx: TenantTx, id: string): Promise<Appointment> {
  const row = await tx.appointment.findUnique({ where: { id }, include: APPOINTMENT_VIEW })
  if (!row) throw new CodedError('not_found')
  return toAppointment(row)
}

/** Where an appointment takes place, which never changes. What the caller may not see is not there. @throws CodedError `not_found`, `forbidden` */
export async function locateAppointment(tx: TenantTx, caller: Caller, id: string): Promise<LocationId> {
  const granted = requireTopic(caller, 'scheduling')
  const row = await tx.appointment.findUnique({ where: { id }, select: { locationId: true } })
  const locationId = granted.find((location) => location === row?.locationId)
  if (!locationId) throw new CodedError('not_found')
  return locationId
}
