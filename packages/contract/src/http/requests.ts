import { z } from 'zod'
import { ChannelName, type Topic } from '../channel.ts'
import { Id } from '../ids.ts'
import { Epoch, Seq } from '../position.ts'
import { Role } from '../policy.ts'
import { AppointmentStatus, AppointmentType, CancelCode } from './appointment-codes.ts'
import { Appointment, Location, Patient, PatientSummary, Provider, WaitlistEntry } from './entities.ts'
import { WaitlistStatus } from './waitlist-codes.ts'

/** Requests and answers of the HTTP API, from which the routes validate and OpenAPI is written. */
const MOMENTS = { from: Date.UTC(1900, 0), to: Date.UTC(2200, 0) }
/** No practice plans outside of these; far outside, databases and languages disagree on how a year is written. */
const time = z.iso
  .datetime({ offset: true })
  .refine((text) => Date.parse(text) >= MOMENTS.from && Date.parse(text) < MOMENTS.to, {
    error: 'a moment between the years 1900 and 2200',
  })
const note = z.string().trim().max(2000).nullable()
const slotOrder = { error: 'endsAt must be later than startsAt, by 8 hours at most', path: ['endsAt'] }
function isSlot({ startsAt, endsAt }: { startsAt?: string | undefined; endsAt?: string | undefined }): boolean {
  if (startsAt === undefined || endsAt === undefined) return true
  const length = Date.parse(endsAt) - Date.parse(startsAt)
  return length > 0 && length <= 8 * 3_600_000
}

export const LoginRequest = z.strictObject({ email: z.email().max(200), password: z.string().min(1).max(200) })
const GrantOnWire = z.object({ role: Role, locationId: Id.nullable() })
export const User = z.object({
  id: Id,
  tenantId: Id,
  tenantName: z.string(),
  displayName: z.string(),
  email: z.string(),
  grants: z.array(GrantOnWire),
})
export type User = z.infer<typeof User>
/** `expiresIn`: seconds. */
export const LoginResponse = z.object({ accessToken: z.string(), expiresIn: z.number(), user: User })
export type LoginResponse = z.infer<typeof LoginResponse>

const page = { cursor: z.string().max(500).optional(), limit: z.coerce.number().int().min(1).max(500).default(100) }
export const Page = z.strictObject(page)
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

export const LocationList = listOf(Location)
export const ProviderList = listOf(Provider)
export const AppointmentList = listOf(Appointment)
export const WaitlistList = listOf(WaitlistEntry)
export const PatientList = listOf(PatientSummary)
export type AppointmentList = z.infer<typeof AppointmentList>
export type WaitlistList = z.infer<typeof WaitlistList>
export type PatientList = z.infer<typeof PatientList>
export type LocationList = z.infer<typeof LocationList>
export type ProviderList = z.infer<typeof ProviderList>

export const ProviderQuery = z.strictObject({ ...page, locationId: Id.optional() })
/** Appointments that start in [from, to): at most 62 days. */
export const AppointmentQuery = z.strictObject({
  ...page,
  locationId: Id,
  from: time,
  to: time,
  providerId: Id.optional(),
  status: AppointmentStatus.optional(),
})
export const WaitlistQuery = z.strictObject({ ...page, locationId: Id, status: WaitlistStatus.optional() })

export const AppointmentCreate = z
  .strictObject({
    locationId: Id,
    providerId: Id,
    patientId: Id,
    type: AppointmentType,
    startsAt: time,
    endsAt: time,
    note: note.optional(),
    /** The waitlist entry that this books, if any: it becomes `booked`. */
    waitlistEntryId: Id.optional(),
  })
  .refine(isSlot, slotOrder)
export type AppointmentCreate = z.infer<typeof AppointmentCreate>
export const AppointmentUpdate = z.strictObject({ type: AppointmentType.optional(), note: note.optional() })
export type AppointmentUpdate = z.infer<typeof AppointmentUpdate>
export const RescheduleRequest = z
  .strictObject({ startsAt: time, endsAt: time, providerId: Id.optional() })
  .refine(isSlot, slotOrder)
export type RescheduleRequest = z.infer<typeof RescheduleRequest>
export const RoomRequest = z.strictObject({ roomId: Id })
export const CancelRequest = z.strictObject({ cancelCode: CancelCode })
export const EmptyRequest = z.strictObject({})

export const WaitlistAdd = z.strictObject({
  locationId: Id,
  patientId: Id,
  providerId: Id.nullable().default(null),
  type: AppointmentType,
  earliestDate: z.iso.date(),
  latestDate: z.iso.date().nullable().default(null),
  note: note.optional(),
})
export type WaitlistAdd = z.infer<typeof WaitlistAdd>
export const OfferRequest = z.strictObject({ providerId: Id, startsAt: time, endsAt: time }).refine(isSlot, slotOrder)
export type OfferRequest = z.infer<typeof OfferRequest>

export const PatientSearch = z.strictObject({
  query: z.string().trim().max(100).default(''),
  cursor: z.string().max(500).optional(),
  limit: z.number().int().min(1).max(100).default(20),
})
export const PatientUpdate = z.strictObject({
  firstName: z.string().trim().min(1).max(100).optional(),
  lastName: z.string().trim().min(1).max(100).optional(),
  dateOfBirth: z.iso.date().optional(),
  sex: Patient.shape.sex.optional(),
  phone: z.string().trim().max(40).nullable().optional(),
  email: z.email().max(200).nullable().optional(),
})
export type PatientUpdate = z.infer<typeof PatientUpdate>

export const CatchUpQuery = z.strictObject({
  channel: ChannelName,
  epoch: Epoch,
  after: z.coerce.number().pipe(Seq),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
})
export type CatchUpTopic = Topic

export const GrantsUpdate = z.strictObject({
  grants: z.array(z.strictObject({ role: Role, locationId: Id.nullable() })).max(100),
})
