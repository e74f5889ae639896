import type { EventData, WaitlistEntry } from '@derm/contract'
import type { Prisma } from '@derm/database'
import { SUMMARY_COLUMNS, toDate, toPatientSummary } from '../patients/patient-view.ts'

export const WAITLIST_VIEW = { patient: { select: SUMMARY_COLUMNS } } as const satisfies Prisma.WaitlistEntryInclude
export type WaitlistRow = Prisma.WaitlistEntryGetPayload<{ include: typeof WAITLIST_VIEW }>

export function toWaitlistEntry(row: WaitlistRow): WaitlistEntry {
  const { id, version, locationId, providerId, type, status, note } = row
  return {
    id,
    version,
    locationId,
    providerId,
    patient: toPatientSummary(row.patient),
    type,
    status,
    earliestDate: toDate(row.earliestDate),
    latestDate: row.latestDate && toDate(row.latestDate),
    note,
    offer: toOffer(row),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

export function toWaitlistData({ patientId, providerId, type, status }: WaitlistRow): EventData<'waitlist:added'> {
  return { patientId, providerId, type, status }
}

/** All three columns or none: the database keeps that. */
function toOffer({ offerProviderId, offerStartsAt, offerEndsAt }: WaitlistRow): WaitlistEntry['offer'] {
  if (!offerProviderId || !offerStartsAt || !offerEndsAt) return null
  return { providerId: offerProviderId, startsAt: offerStartsAt.toISOString(), endsAt: offerEndsAt.toISOString() }
}
