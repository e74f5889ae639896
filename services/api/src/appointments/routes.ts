import { AppointmentQuery, MAX_SLOT_MS } from '@derm/contract'
import { defineEntityChanges } from '../aggregate/entity-changes.ts'
import { defineEntityReads, defineList } from '../aggregate/entity-reads.ts'
import { findChanges } from '../aggregate/find-changes.ts'
import { invalid } from '../http/invalid.ts'
import type { Route } from '../http/route.ts'
import { requirePatient } from '../patients/require-patient.ts'
import { requireProviderAt } from '../providers/require-provider.ts'
import { bookWaitlistEntry, findBooked, lockBookable } from '../waitlist/book-entry.ts'
import { appointments } from './appointment.ts'

/** The longest span of a list, in days. */
const MAX_DAYS = 62

export const appointmentList = defineList(appointments, {
  summary: 'Appointments of a location that are in [from, to) with any moment of theirs, by their start',
  query: AppointmentQuery,
  where({ from, to, providerId, status }) {
    const days = (Date.parse(to) - Date.parse(from)) / 86_400_000
    if (!(days > 0 && days <= MAX_DAYS))
      throw invalid('query', 'to', `must be later than from, by ${MAX_DAYS} days at most`)
    return {
      // The first bound is for the index: none is longer.
      startsAt: { gt: new Date(Date.parse(from) - MAX_SLOT_MS), lt: new Date(to) },
      endsAt: { gt: new Date(from) },
      ...(providerId === undefined ? {} : { providerId }),
      ...(status === undefined ? {} : { status }),
    }
  },
  sort: { by: 'startsAt', is: 'time' },
  details: ({ from, to }) => ({ from, to }),
})

const changes = defineEntityChanges(
  appointments,
  {
    create: {
      async run({ change, locationId, body }) {
        const { providerId, patientId, type, startsAt, endsAt, note = null } = body
        await requireProviderAt(change, providerId, locationId)
        await requirePatient(change, patientId)
        // Locked before the provider's time is held, as an offer does: else the two could wait for each other.
        const entryId = await findBooked(change, body)
        if (entryId !== undefined) await lockBookable(change, entryId)
        const slot = { startsAt: new Date(startsAt), endsAt: new Date(endsAt) }
        return { data: { locationId, providerId, patientId, type, note, ...slot } }
      },
      async after({ change, body, row }) {
        const entryId = await findBooked(change, body)
        if (entryId !== undefined) await bookWaitlistEntry(change, entryId, row)
      },
    },
    update: {
      run({ before, body }) {
        const data = findChanges(before, body)
        return data && { data }
      },
    },
    room: {
      /** Also moves a roomed patient to another room. */
      async run({ change, before, body: { roomId } }) {
        const room = await change.tx.room.findUnique({ where: { id: roomId }, select: { locationId: true } })
        if (room?.locationId !== before.locationId) throw invalid('body', 'roomId', 'is no room of this location')
        return { data: { roomId } }
      },
    },
    stage: {
      run: ({ before, body: { stage } }) =>
        before.stage === stage ? null : { data: { stage }, previous: { stage: before.stage } },
    },
    cancel: {
      run: ({ body: { cancelCode } }) => ({ data: { cancelCode }, event: { cancelCode } }),
    },
    reschedule: {
      async run({ change, before, body: { startsAt, endsAt, providerId = before.providerId } }) {
        if (providerId !== before.providerId) await requireProviderAt(change, providerId, before.locationId)
        return {
          data: { providerId, startsAt: new Date(startsAt), endsAt: new Date(endsAt) },
          previous: {
            providerId: before.providerId,
            startsAt: before.startsAt.toISOString(),
            endsAt: before.endsAt.toISOString(),
          },
        }
      },
    },
  },
  { errors: { create: ['slot_taken', 'invalid_transition', 'patient_merged'], reschedule: ['slot_taken'] } },
)

export const appointmentRoutes: readonly Route[] = [
  ...defineEntityReads(appointments, { list: appointmentList }),
  ...changes,
]
