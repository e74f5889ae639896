import type { Appointment, Location } from '@derm/contract'
import { notifications } from '@mantine/notifications'
import { useCallback } from 'react'
import { describeError } from '../http/api-error.ts'
import { useAppointmentChange } from './appointment-changes.ts'
import { fullName } from '../patients/patient-names.ts'
import type { DropTarget } from './drag-target.ts'
import { formatTime, toInstant } from '../time/zone-time.ts'

/** What a drop does: the card stays where it was dropped, and goes back with a word why if the server refuses. */
export function useDragMove(location: Location, date: string): (appointment: Appointment, target: DropTarget) => void {
  const { mutate } = useAppointmentChange()
  const zone = location.timeZone
  return useCallback(
    (appointment, { providerId, start }) => {
      const length = Date.parse(appointment.endsAt) - Date.parse(appointment.startsAt)
      const startsAt = toInstant({ date, minutes: start }, zone)
      const slot = {
        providerId,
        startsAt,
        endsAt: new Date(Date.parse(startsAt) + length).toISOString(),
      }
      mutate(
        { appointment, path: 'reschedule', body: slot, patch: slot },
        {
          onError: (error) =>
            notifications.show({
              id: `refused-${appointment.id}`,
              color: 'red',
              title: `${fullName(appointment.patient)} stays at ${formatTime(appointment.startsAt, zone)}`,
              message: describeError(error),
              autoClose: 9000,
            }),
        },
      )
    },
    [mutate, date, zone],
  )
}
