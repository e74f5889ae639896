import { WaitlistQuery } from '@derm/contract'
import { defineEntityChanges } from '../aggregate/entity-changes.ts'
import { defineEntityReads, defineList } from '../aggregate/entity-reads.ts'
import { invalid } from '../http/invalid.ts'
import type { Route } from '../http/route.ts'
import { requirePatient } from '../patients/require-patient.ts'
import { requireProviderAt } from '../providers/require-provider.ts'
import { waitlist } from './waitlist-entry.ts'

/** How long an offer stands, unless its slot begins before. */
const OFFER_MS = 24 * 3_600_000

export const waitlistList = defineList(waitlist, {
  summary: 'The waitlist of a location, who waits longest first',
  query: WaitlistQuery,
  where: ({ status }) => (status === undefined ? {} : { status }),
  sort: { by: 'createdAt', is: 'time' },
})

const changes = defineEntityChanges(
  waitlist,
  {
    create: {
      async run({ change, locationId, body }) {
        const { patientId, providerId, type, earliestDate, latestDate, note = null } = body
        if (latestDate !== null && latestDate < earliestDate)
          throw invalid('body', 'latestDate', 'must not be before earliestDate')
        await requirePatient(change, patientId)
        if (providerId !== null) await requireProviderAt(change, providerId, locationId)
        const dates = {
          earliestDate: new Date(earliestDate),
          latestDate: latestDate === null ? null : new Date(latestDate),
        }
        return { data: { locationId, patientId, providerId, type, note, ...dates } }
      },
    },
    offer: {
      /** An offer holds its slot for its patient, until it is booked or has run out. */
      async run({ change, before, body: { providerId, startsAt, endsAt } }) {
        await requireProviderAt(change, providerId, before.locationId)
        const slot = { startsAt: new Date(startsAt), endsAt: new Date(endsAt) }
        if (slot.startsAt.getTime() <= change.now()) throw invalid('body', 'startsAt', 'has passed')
        return {
          data: {
            offerProviderId: providerId,
            offerStartsAt: slot.startsAt,
            offerEndsAt: slot.endsAt,
            offerExpiresAt: new Date(Math.min(change.now() + OFFER_MS, slot.startsAt.getTime())),
          },
          event: {
            offer: { providerId, startsAt: slot.startsAt.toISOString(), endsAt: slot.endsAt.toISOString() },
          },
        }
      },
    },
    remove: {
      run: ({ body: { code } }) => ({ data: { removalCode: code }, event: { code } }),
    },
  },
  { errors: { create: ['patient_merged'], offer: ['slot_taken'] } },
)

export const waitlistRoutes: readonly Route[] = [...defineEntityReads(waitlist, { list: waitlistList }), ...changes]
