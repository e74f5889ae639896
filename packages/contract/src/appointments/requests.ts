import { z } from 'zod'
import { Id } from '../ids.ts'
import { Moment, Note, pageFields, slotOrder } from '../request-shapes.ts'
import { AppointmentStatus, AppointmentType, CancelCode, VisitStage } from './codes.ts'

/** Appointments of which any moment is in [from, to): at most 62 days. */
export const AppointmentQuery = z.strictObject({
  ...pageFields,
  locationId: Id,
  from: Moment,
  to: Moment,
  providerId: Id.optional(),
  status: AppointmentStatus.optional(),
})

export const AppointmentCreate = z
  .strictObject({
    locationId: Id,
    providerId: Id,
    patientId: Id,
    type: AppointmentType,
    startsAt: Moment,
    endsAt: Moment,
    note: Note.optional(),
    /** The waitlist entry that this books, if any: it becomes `booked`. */
    waitlistEntryId: Id.optional(),
  })
  .refine(...slotOrder)
export type AppointmentCreate = z.infer<typeof AppointmentCreate>

/** What does not move or advance the appointment. */
export const AppointmentUpdate = z.strictObject({ type: AppointmentType.optional(), note: Note.optional() })
export const RescheduleRequest = z
  .strictObject({ startsAt: Moment, endsAt: Moment, providerId: Id.optional() })
  .refine(...slotOrder)
export const RoomRequest = z.strictObject({ roomId: Id })
export const StageRequest = z.strictObject({ stage: VisitStage })
export const CancelRequest = z.strictObject({ cancelCode: CancelCode })
