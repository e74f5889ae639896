import { z } from 'zod'
import { AppointmentType } from '../appointments/codes.ts'
import { Id } from '../ids.ts'
import { PatientSummary } from '../patients/entity.ts'
import { Version, listOf } from '../request-shapes.ts'
import { slot } from '../slot.ts'
import { WaitlistRemovalCode, WaitlistStatus } from './codes.ts'

export const WaitlistEntry = z.object({
  id: Id,
  version: Version,
  locationId: Id,
  providerId: Id.nullable(),
  patient: PatientSummary,
  type: AppointmentType,
  status: WaitlistStatus,
  earliestDate: z.iso.date(),
  latestDate: z.iso.date().nullable(),
  note: z.string().nullable(),
  offer: slot.nullable(),
  /** Until when the offer stands. */
  offerExpiresAt: z.iso.datetime().nullable(),
  removalCode: WaitlistRemovalCode.nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})
export type WaitlistEntry = z.infer<typeof WaitlistEntry>
export const WaitlistList = listOf(WaitlistEntry)
export type WaitlistList = z.infer<typeof WaitlistList>
