import { z } from 'zod'
import { AppointmentType } from '../appointments/codes.ts'
import { defineEvent } from '../define-event.ts'
import { Id } from '../ids.ts'
import { slot } from '../slot.ts'
import { WaitlistRemovalCode, WaitlistStatus } from './codes.ts'

const waitlistEntry = z.strictObject({
  patientId: Id,
  providerId: Id.nullable(),
  type: AppointmentType,
  status: WaitlistStatus,
})

export const waitlistAddedEvent = defineEvent({
  type: 'waitlist:added',
  subject: 'waitlist_entry',
  data: waitlistEntry,
})
export const waitlistSlotOfferedEvent = defineEvent({
  type: 'waitlist:slot_offered',
  subject: 'waitlist_entry',
  data: waitlistEntry.extend({ offer: slot }),
  previous: z.strictObject({ status: WaitlistStatus }),
})
export const waitlistOfferEndedEvent = defineEvent({
  type: 'waitlist:offer_ended',
  subject: 'waitlist_entry',
  data: waitlistEntry,
  previous: z.strictObject({ status: WaitlistStatus }),
})
export const waitlistRemovedEvent = defineEvent({
  type: 'waitlist:removed',
  subject: 'waitlist_entry',
  data: waitlistEntry.extend({ code: WaitlistRemovalCode }),
  previous: z.strictObject({ status: WaitlistStatus }),
})
