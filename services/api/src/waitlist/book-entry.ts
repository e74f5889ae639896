import type { AppointmentCreate } from '@derm/contract'
import { lockEntity } from '../aggregate/lock-entity.ts'
import { writeAlong } from '../aggregate/write-entity.ts'
import { invalid } from '../http/invalid.ts'
import type { Change } from '../change.ts'
import { waitlist } from './waitlist-entry.ts'

export const lockBookable = (change: Change, id: string) =>
  lockEntity(change, waitlist, id, { by: 'schedule', from: ['waiting', 'offered'] })

/**
 * The entry that a booking ends: the one that it names, else the one whose offer holds the slot for the patient. So no offer stands for what is
 * taken, wherever it is booked. [SCH4]
 */
export async function findBooked(
  { tx, caller }: Change,
  { waitlistEntryId, locationId, patientId, providerId, startsAt, endsAt }: AppointmentCreate,
): Promise<string | undefined> {
  if (waitlistEntryId !== undefined) return waitlistEntryId
  const entry = await tx.waitlistEntry.findFirst({
    where: {
      ...{ tenantId: caller.tenantId, locationId, patientId, status: 'offered' },
      ...{
        offerProviderId: providerId,
        offerStartsAt: { lt: new Date(endsAt) },
        offerEndsAt: { gt: new Date(startsAt) },
      },
    },
    select: { id: true },
  })
  return entry?.id
}

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
