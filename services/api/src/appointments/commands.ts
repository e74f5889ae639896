import {
  APPOINTMENT_TRANSITIONS,
  CodedError,
  RESCHEDULABLE,
  event,
  mayChange,
  type Appointment,
  type AppointmentCreate,
  type AppointmentStatus,
  type AppointmentTransition,
  type AppointmentUpdate,
  type CancelCode,
  type LocationId,
  type RescheduleRequest,
} from '@derm/contract'
import type { Prisma } from '@derm/database'
import { requireTopic, requireWritableLocation } from '../access/location-scope.ts'
import { findSqlState } from '../http/database-error.ts'
import { invalid } from '../http/invalid.ts'
import { requireVersion, type Change } from '../transaction.ts'
import { bookWaitlistEntry } from '../waitlist/commands.ts'
import { requirePatient, requireProviderAt } from './requirements.ts'
import { APPOINTMENT_VIEW, toAppointment, toAppointmentData, type AppointmentRow } from './appointment-view.ts'
import { locateAppointment } from './queries.ts'

export async function createAppointment(
  change: Change,
  { waitlistEntryId, ...request }: AppointmentCreate,
): Promise<Appointment> {
  const { tx, caller, record } = change
  const locationId = requireWritableLocation(caller, 'scheduling', request.locationId)
  await requireProviderAt(change, request.providerId, locationId)
  await requirePatient(change, request.patientId)
  const row = await claimSlot(() =>
    tx.appointment.create({
      data: {
        ...request,
        locationId,
        tenantId: caller.tenantId,
        note: request.note ?? null,
        startsAt: new Date(request.startsAt),
        endsAt: new Date(request.endsAt),
      },
      include: APPOINTMENT_VIEW,
    }),
  )
  if (waitlistEntryId !== undefined) await bookWaitlistEntry(change, waitlistEntryId, row)
  record(event.appointmentCreated(toEventInput(change, row)))
  auditChange(change, 'appointment.create', row)
  return toAppointment(row)
}

/** Type and note: what does not move or advance the appointment. */
export async function updateAppointment(
  change: Change,
  id: string,
  version: number,
  request: AppointmentUpdate,
): Promise<Appointment> {
  await lockAppointment(change, id, version)
  const { type, note } = request
  const row = await write(change, id, {
    ...(type === undefined ? {} : { type }),
    ...(note === undefined ? {} : { note }),
  })
  change.record(event.appointmentUpdated(toEventInput(change, row)))
  auditChange(change, 'appointment.update', row)
  return toAppointment(row)
}

export async function rescheduleAppointment(
  change: Change,
  id: string,
  version: number,
  request: RescheduleRequest,
): Promise<Appointment> {
  const before = await lockAppointment(change, id, version, RESCHEDULABLE)
  const providerId = request.providerId ?? before.providerId
  if (providerId !== before.providerId) await requireProviderAt(change, providerId, before.locationId)
  const startsAt = new Date(request.startsAt)
  const endsAt = new Date(request.endsAt)
  const row = await claimSlot(() => write(change, id, { provider: toProvider(change, providerId), startsAt, endsAt }))
  const previous = {
    providerId: before.providerId,
    startsAt: before.startsAt.toISOString(),
    endsAt: before.endsAt.toISOString(),
  }
  change.record(event.appointmentRescheduled({ ...toEventInput(change, row), previous }))
  auditChange(change, 'appointment.reschedule', row)
  return toAppointment(row)
}

export const confirmAppointment = (change: Change, id: string, version: number) =>
  advance(change, id, version, 'confirm', {}, event.appointmentConfirmed)
export const checkInAppointment = (change: Change, id: string, version: number) =>
  advance(change, id, version, 'check-in', {}, event.appointmentCheckedin)
export const completeAppointment = (change: Change, id: string, version: number) =>
  advance(change, id, version, 'complete', {}, event.appointmentCompleted)
export const markNoShow = (change: Change, id: string, version: number) =>
  advance(change, id, version, 'no-show', {}, event.appointmentNoshow)

export async function cancelAppointment(
  change: Change,
  id: string,
  version: number,
  cancelCode: CancelCode,
): Promise<Appointment> {
  return advance(change, id, version, 'cancel', { cancelCode }, (input) =>
    event.appointmentCancelled({ ...input, data: { ...input.data, cancelCode } }),
  )
}

/** Also moves a roomed patient to another room. */
export async function roomAppointment(
  change: Change,
  id: string,
  version: number,
  roomId: string,
): Promise<Appointment> {
  const { tx, caller } = change
  const locationId = await locateAppointment(tx, caller, id)
  const room = await tx.room.findUnique({ where: { id: roomId }, select: { locationId: true } })
  if (room?.locationId !== locationId) throw invalid('body', 'roomId', 'is no room of this location')
  const connect = { tenantId_id: { tenantId: caller.tenantId, id: roomId } }
  return advance(change, id, version, 'room', { room: { connect } }, event.appointmentRoomed)
}

type EventInput = ReturnType<typeof toEventInput> & { previous: { status: AppointmentStatus } }

/** A change of status: allowed from where the contract's table says, and told with the status before. */
async function advance(
  change: Change,
  id: string,
  version: number,
  transition: AppointmentTransition,
  also: Prisma.AppointmentUpdateInput,
  makeEvent: (input: EventInput) => Parameters<Change['record']>[0],
): Promise<Appointment> {
  const { from, to } = APPOINTMENT_TRANSITIONS[transition]
  const before = await lockAppointment(change, id, version, from)
  const row = await write(change, id, { ...also, status: to })
  change.record(makeEvent({ ...toEventInput(change, row), previous: { status: before.status } }))
  auditChange(change, `appointment.${transition}`, row)
  return toAppointment(row)
}

type LockedRow = {
  version: number
  status: AppointmentStatus
  locationId: LocationId
  providerId: string
  startsAt: Date
  endsAt: Date
}

/**
 * Takes the appointment's row for this transaction, so that what is decided about it stays true until the commit.
 * @throws CodedError `not_found`, `forbidden`, `conflict`, `invalid_transition`: in this order.
 */
async function lockAppointment(
  { tx, caller }: Change,
  id: string,
  version: number,
  from?: readonly AppointmentStatus[],
): Promise<LockedRow> {
  const granted = requireTopic(caller, 'scheduling')
  const [row] = await tx.$queryRaw<LockedRow[]>`
    SELECT version, status, location_id AS "locationId", provider_id AS "providerId", starts_at AS "startsAt", ends_at AS "endsAt"
    FROM appointments WHERE id = ${id}::uuid FOR UPDATE`
  if (!row || !granted.includes(row.locationId)) throw new CodedError('not_found')
  if (!mayChange(caller, 'scheduling', row.locationId)) throw new CodedError('forbidden')
  requireVersion(row.version, version)
  if (from && !from.includes(row.status))
    throw new CodedError('invalid_transition', { currentStatus: row.status, currentVersion: row.version })
  return row
}

function write({ tx }: Change, id: string, data: Prisma.AppointmentUpdateInput): Promise<AppointmentRow> {
  return tx.appointment.update({
    where: { id },
    data: { ...data, version: { increment: 1 } },
    include: APPOINTMENT_VIEW,
  })
}

/** The database decides about overlaps (an exclusion constraint): a check before the write would lose a race. */
async function claimSlot(run: () => Promise<AppointmentRow>): Promise<AppointmentRow> {
  try {
    return await run()
  } catch (error) {
    if (findSqlState(error) === '23P01') throw new CodedError('slot_taken', {}, { cause: error })
    throw error
  }
}

function toProvider({ caller }: Change, id: string): Prisma.AppointmentUpdateInput['provider'] & object {
  return { connect: { tenantId_id: { tenantId: caller.tenantId, id } } }
}

function toEventInput({ caller }: Change, row: AppointmentRow) {
  return {
    tenantId: caller.tenantId,
    locationId: row.locationId as LocationId,
    actorId: caller.userId,
    subject: { id: row.id, version: row.version },
    data: toAppointmentData(row),
  }
}

function auditChange({ audit }: Change, action: string, row: AppointmentRow): void {
  audit({ action, subjectType: 'appointment', subjectId: row.id, locationId: row.locationId })
}
