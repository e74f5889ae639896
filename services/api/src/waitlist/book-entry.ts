import { lockEntity } from '../aggregate/lock-entity.ts'
import { writeAlong } from '../aggregate/write-entity.ts'
import { invalid } from '../http/invalid.ts'
import type { Change } from '../change.ts'
import { waitlist } from './waitlist-entry.ts'

export const lockBookable = (change: Change, id: string) =>
  lockEntity(change, waitlist, id, { by: 'schedule', from: ['waiting', 'offered'] })

/** An entry's wait is over: part of creating its appointment, whose event tells of both. */
export async function bookWaitlistEntry(
  change: Change,
  id: string,
  appointment: { id: string; locationId: string; patientId: string },
): Promise<void> {
  const entry = await lockBookable(change, id)
  if (entry.locationId !== appointment.locationId || entry.patientId !== appointment.patientId)
    throw invalid('body', 'waitlistEntryId', 'is for another patient or location')
  const data = { status: 'booked', appointmentId: appointment.id } as const
  await writeAlong(change, waitlist, 'book', entry, data, 'appointment:created')
}
