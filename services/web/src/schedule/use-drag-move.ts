import type { Appointment, Location } from '@derm/contract'
import { useCallback } from 'react'
import { isRefusal } from '../http/api-error.ts'
import { useAppointmentChange } from './appointment-changes.ts'
import { fullName } from '../patients/patient-names.ts'
import type { DropTarget } from './drag-target.ts'
import { formatTime, toInstant, turnOf } from '../time/zone-time.ts'

/** What a drop does: the card stays where it was dropped, and goes back with a word why if the server refuses. */
export function useDragMove(location: Location, date: string): (appointment: Appointment, target: DropTarget) => void {
  const zone = location.timeZone
  const { mutate } = useAppointmentChange({
    titleOf: ({ patient, startsAt }, error) =>
      isRefusal(error)
        ? `${fullName(patient)} stays at ${formatTime(startsAt, zone)}`
        : `${fullName(patient)} was perhaps not moved`,
  })
  return useCallback(
    (appointment, { providerId, start }) => {
      const length = Date.parse(appointment.endsAt) - Date.parse(appointment.startsAt)
      // Dragged sideways it stays where it was, also in the hour that comes twice.
      const startsAt = toInstant({ date, minutes: start }, zone, turnOf(appointment.startsAt, zone))
      const slot = {
        providerId,
        startsAt,
        endsAt: new Date(Date.parse(startsAt) + length).toISOString(),
      }
      mutate({ appointment, path: 'reschedule', body: slot, patch: slot })
    },
    [mutate, date, zone],
  )
}
