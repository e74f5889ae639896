import { z } from 'zod'
import { AppointmentType } from '../appointments/codes.ts'
import { Id } from '../ids.ts'
import { Day, Moment, Note, pageFields, slotOrder } from '../request-shapes.ts'
import { WaitlistRemovalCode, WaitlistStatus } from './codes.ts'

export const WaitlistQuery = z.strictObject({ ...pageFields, locationId: Id, status: WaitlistStatus.optional() })

export const WaitlistAdd = z.strictObject({
  locationId: Id,
  patientId: Id,
  providerId: Id.nullable().default(null),
  type: AppointmentType,
  earliestDate: Day,
  latestDate: Day.nullable().default(null),
  note: Note.optional(),
})
export type WaitlistAdd = z.infer<typeof WaitlistAdd>
export const OfferRequest = z.strictObject({ providerId: Id, startsAt: Moment, endsAt: Moment }).refine(...slotOrder)
export type OfferRequest = z.infer<typeof OfferRequest>
export const RemoveRequest = z.strictObject({ code: WaitlistRemovalCode })
