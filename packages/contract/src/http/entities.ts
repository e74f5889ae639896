import { z } from 'zod'
import { Id } from '../ids.ts'
import { AppointmentStatus, AppointmentType, CancelCode } from './appointment-codes.ts'
import { WaitlistStatus } from './waitlist-codes.ts'

/** Optimistic concurrency: rises by one with each change; `If-Match: "<version>"`. */
export const Version = z.number().int().min(1)

export const Room = z.object({ id: Id, name: z.string() })
export const Location = z.object({
  id: Id,
  name: z.string(),
  /** IANA name, such as `America/Chicago`. */
  timeZone: z.string(),
  opensAt: z.string().regex(/^\d\d:\d\d$/),
  closesAt: z.string().regex(/^\d\d:\d\d$/),
  rooms: z.array(Room),
})
export type Location = z.infer<typeof Location>

export const Provider = z.object({
  id: Id,
  displayName: z.string(),
  specialty: z.string(),
  locationIds: z.array(Id),
})
export type Provider = z.infer<typeof Provider>

export const PatientSummary = z.object({
  id: Id,
  mrn: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  dateOfBirth: z.iso.date(),
})
export type PatientSummary = z.infer<typeof PatientSummary>

export const Patient = PatientSummary.extend({
  version: Version,
  sex: z.enum(['female', 'male', 'other', 'unknown']),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  updatedAt: z.iso.datetime(),
})
export type Patient = z.infer<typeof Patient>

export const Appointment = z.object({
  id: Id,
  version: Version,
  locationId: Id,
  providerId: Id,
  patient: PatientSummary,
  type: AppointmentType,
  status: AppointmentStatus,
  startsAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
  roomId: Id.nullable(),
  note: z.string().nullable(),
  cancelCode: CancelCode.nullable(),
  updatedAt: z.iso.datetime(),
})
export type Appointment = z.infer<typeof Appointment>

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
  offer: z.object({ providerId: Id, startsAt: z.iso.datetime(), endsAt: z.iso.datetime() }).nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})
export type WaitlistEntry = z.infer<typeof WaitlistEntry>
