import type { Location } from '@derm/contract'
import { useAppointmentUpdates, usePatientUpdates } from '@derm/react'

/** Subscribes what the schedule shows. Queries follow by themselves; others' changes are told of. */
export function LiveUpdates({ location }: { location: Location }) {
  useAppointmentUpdates({ showToasts: true, filter: { location: location.id } })
  usePatientUpdates()
  return null
}
