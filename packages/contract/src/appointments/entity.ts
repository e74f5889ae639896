import { z } from 'zod'
import { Id } from '../ids.ts'
import { PatientSummary } from '../patients/entity.ts'
import { Version, listOf } from '../request-shapes.ts'
import { AppointmentStatus, AppointmentType, CancelCode, VisitStage } from './codes.ts'

export const Appointment = z.object({
  id: Id,
  version: Version,
  locationId: Id,
  providerId: Id,
  patient: PatientSummary,
  type: AppointmentType,
  status: AppointmentStatus,
  /** Only while `roomed`, and only once somebody has said so. */
  stage: VisitStage.nullable(),
  startsAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
  roomId: Id.nullable(),
  note: z.string().nullable(),
  cancelCode: CancelCode.nullable(),
  updatedAt: z.iso.datetime(),
})
export type Appointment = z.infer<typeof Appointment>
export const AppointmentList = listOf(Appointment)
export type AppointmentList = z.infer<typeof AppointmentList>
