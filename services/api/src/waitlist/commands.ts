import {
  CodedError,
  event,
  mayChange,
  type LocationId,
  type OfferRequest,
  type WaitlistAdd,
  type WaitlistEntry,
  type WaitlistStatus,
} from '@derm/contract'
import { requirePatient, requireProviderAt } from '../appointments/requirements.ts'
import { requireTopic, requireWritableLocation } from '../access/location-scope.ts'
import { invalid } from '../http/invalid.ts'
import { requireVersion, type Change } from '../transaction.ts'
import { WAITLIST_VIEW, toWaitlistData, toWaitlistEntry, type WaitlistRow } from './waitlist-view.ts'

/** Statuses in which an entry still waits for an appointment. */
const OPEN: readonly WaitlistStatus[] = ['waiting', 'offered']

export async function addToWaitlist(change: Change, request: WaitlistAdd): Promise<WaitlistEntry> {
  const { tx, caller, record } = change
  const locationId = requireWritableLocation(caller, 'scheduling', request.locationId)
  const { earliestDate, latestDate } = request
  if (latestDate !== null && latestDate < earliestDate)
    throw invalid('body', 'latestDate', 'must not be before earliestDate')
  await requirePatient(change, request.patientId)
  if (request.providerId !== null) await requireProviderAt(change, request.providerId, locationId)
  const row = await tx.waitlistEntry.create({
    data: {
      ...request,
      locationId,
      tenantId: caller.tenantId,
      note: request.note ?? null,
      earliestDate: new Date(earliestDate),
      latestDate: latestDate === null ? null : new Date(latestDate),
    },
    include: WAITLIST_VIEW,
  })
  record(event.waitlistAdded({ ...toSource(change, row), data: toWaitlistData(row) }))
  auditChange(change, 'waitlist.add', row.id, row.locationId)
  return toWaitlistEntry(row)
}

/** Offers a slot, or another one instead. It holds nothing: the slot is taken when it is booked. */
export async function offerSlot(
  change: Change,
  id: string,
  version: number,
  offer: OfferRequest,
): Promise<WaitlistEntry> {
  const before = await lockEntry(change, id, version)
  await requireProviderAt(change, offer.providerId, before.locationId)
  const startsAt = new Date(offer.startsAt)
  const endsAt = new Date(offer.endsAt)
  const row = await change.tx.waitlistEntry.update({
    where: { id },
    data: {
      status: 'offered',
      offerProviderId: offer.providerId,
      offerStartsAt: startsAt,
      offerEndsAt: endsAt,
      version: { increment: 1 },
    },
    include: WAITLIST_VIEW,
  })
  change.record(
    event.waitlistSlotOffered({
      ...toSource(change, row),
      data: {
        ...toWaitlistData(row),
        offer: { providerId: offer.providerId, startsAt: startsAt.toISOString(), endsAt: endsAt.toISOString() },
      },
      previous: { status: before.status },
    }),
  )
  auditChange(change, 'waitlist.offer', row.id, row.locationId)
  return toWaitlistEntry(row)
}

/** An entry's wait is over: part of creating its appointment, whose event tells of both. */
export async function bookWaitlistEntry(
  change: Change,
  id: string,
  appointment: { id: string; locationId: string; patientId: string },
): Promise<void> {
  const entry = await lockEntry(change, id)
  if (entry.locationId !== appointment.locationId || entry.patientId !== appointment.patientId)
    throw invalid('body', 'waitlistEntryId', 'is for another patient or location')
  await change.tx.waitlistEntry.update({
    where: { id },
    data: { status: 'booked', appointmentId: appointment.id, version: { increment: 1 } },
  })
  auditChange(change, 'waitlist.book', id, entry.locationId)
}

type LockedEntry = { version: number; status: WaitlistStatus; locationId: LocationId; patientId: string }

/** @throws CodedError `not_found`, `forbidden`, `conflict`, `invalid_transition` */
async function lockEntry({ tx, caller }: Change, id: string, version?: number): Promise<LockedEntry> {
  const granted = requireTopic(caller, 'scheduling')
  const [row] = await tx.$queryRaw<LockedEntry[]>`
    SELECT version, status, location_id AS "locationId", patient_id AS "patientId" FROM waitlist_entries WHERE id = ${id}::uuid FOR UPDATE`
  if (!row || !granted.includes(row.locationId)) throw new CodedError('not_found')
  if (!mayChange(caller, 'scheduling', row.locationId)) throw new CodedError('forbidden')
  if (version !== undefined) requireVersion(row.version, version)
  if (!OPEN.includes(row.status))
    throw new CodedError('invalid_transition', { currentStatus: row.status, currentVersion: row.version })
  return row
}

function toSource({ caller }: Change, { id, version, locationId }: WaitlistRow) {
  return {
    tenantId: caller.tenantId,
    locationId: locationId as LocationId,
    actorId: caller.userId,
    subject: { id, version },
  }
}

function auditChange({ audit }: Change, action: string, subjectId: string, locationId: string): void {
  audit({ action, subjectType: 'waitlist_entry', subjectId, locationId })
}
