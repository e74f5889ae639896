import {
  APPOINTMENT_TRANSITIONS,
  mayDo,
  possibleActions,
  startsFrom,
  type Appointment,
  type User,
} from '@derm/contract'

export type AppointmentAction = keyof typeof APPOINTMENT_TRANSITIONS

/** What the user may do with the appointment as it stands: by the tables that the API asks. */
export function actionsFor(user: User, { status, locationId }: Appointment): AppointmentAction[] {
  return possibleActions(APPOINTMENT_TRANSITIONS, status, (by) => mayDo(user, by, locationId))
}

export function isReschedulable({ status }: Pick<Appointment, 'status'>): boolean {
  return startsFrom(APPOINTMENT_TRANSITIONS.reschedule, status)
}
