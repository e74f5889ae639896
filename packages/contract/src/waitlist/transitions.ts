import { defineTransitions } from '../transitions.ts'
import type { WaitlistStatus } from './codes.ts'
import { EmptyRequest } from '../request-shapes.ts'
import { OfferRequest, RemoveRequest, WaitlistAdd } from './requests.ts'

const by = 'schedule'

/** `booked` is reached by booking the appointment, whose event tells of both. */
export const WAITLIST_TRANSITIONS = defineTransitions<WaitlistStatus>()({
  create: {
    from: 'new',
    to: 'waiting',
    by,
    event: 'waitlist:added',
    requires: WaitlistAdd,
    summary: 'Put a patient on the waitlist',
  },
  offer: {
    from: ['waiting', 'offered'],
    to: 'offered',
    by,
    event: 'waitlist:slot_offered',
    requires: OfferRequest,
    summary: 'Offer a slot, or another one instead',
  },
  'end-offer': {
    from: ['offered'],
    to: 'waiting',
    by: 'system',
    event: 'waitlist:offer_ended',
    requires: EmptyRequest,
    summary: 'Nobody took the offer in time',
  },
  remove: {
    from: ['waiting', 'offered'],
    to: 'removed',
    by,
    event: 'waitlist:removed',
    requires: RemoveRequest,
    summary: 'Take a patient off the list, with a reason code',
  },
})
