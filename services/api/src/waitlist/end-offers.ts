import { lockEntity } from '../aggregate/lock-entity.ts'
import { writeEntity } from '../aggregate/write-entity.ts'
import { defineJob } from '../jobs/define-job.ts'
import { waitlist } from './waitlist-entry.ts'

/** An offer that nobody took in time: the patient waits again, and the slot is free to be offered to another. */
export const endOffers = defineJob({
  name: 'waitlist-end-offers',
  every: 15_000,
  aggregate: waitlist,
  due: {
    condition: `status = 'offered' AND coalesce(offer_expires_at, offer_starts_at) <= now()`,
    since: 'coalesce(offer_expires_at, offer_starts_at)',
  },
  emits: ['waitlist:offer_ended'],
  async run(change, id) {
    const entry = await lockEntity(change, waitlist, id, waitlist.transitions['end-offer'])
    const noOffer = { offerProviderId: null, offerStartsAt: null, offerEndsAt: null, offerExpiresAt: null }
    await writeEntity(change, waitlist, 'end-offer', entry, noOffer)
  },
})
