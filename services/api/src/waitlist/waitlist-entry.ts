import { WAITLIST_TRANSITIONS, WaitlistEntry } from '@derm/contract'
import { defineAggregate } from '../aggregate/aggregate.ts'
import { SUMMARY_COLUMNS, toDate, toPatientSummary } from '../patients/patient-view.ts'

export const waitlist = defineAggregate({
  subject: 'waitlist_entry',
  model: 'waitlistEntry',
  table: 'waitlist_entries',
  transitions: WAITLIST_TRANSITIONS,
  view: { patient: { select: SUMMARY_COLUMNS } },
  entity: WaitlistEntry,
  toEntity: (row) => ({
    id: row.id,
    version: row.version,
    locationId: row.locationId,
    providerId: row.providerId,
    patient: toPatientSummary(row.patient),
    type: row.type,
    status: row.status,
    earliestDate: toDate(row.earliestDate),
    latestDate: row.latestDate && toDate(row.latestDate),
    note: row.note,
    offer: toOffer(row),
    offerExpiresAt: row.offerExpiresAt?.toISOString() ?? null,
    removalCode: row.removalCode,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }),
  toThinData: ({ patientId, providerId, type, status }) => ({ patientId, providerId, type, status }),
  // An offer holds its slot: one that is taken or offered to another cannot be offered.
  onConflict: { '23P01': 'slot_taken' },
})

type OfferColumns = { offerProviderId: string | null; offerStartsAt: Date | null; offerEndsAt: Date | null }

/** All three columns or none: the database keeps that. */
function toOffer({ offerProviderId, offerStartsAt, offerEndsAt }: OfferColumns): WaitlistEntry['offer'] {
  if (!offerProviderId || !offerStartsAt || !offerEndsAt) return null
  return { providerId: offerProviderId, startsAt: offerStartsAt.toISOString(), endsAt: offerEndsAt.toISOString() }
}
