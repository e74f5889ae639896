import { useAppointmentUpdates, type EventRecord } from '@derm/react'
import { useState } from 'react'

/** A record of the list: the appointment's id and version, and what its event says of it. */
type Appointment = EventRecord<'appointment:created'>

/** The example that product pages show. */
export function TodaysAppointments() {
  const [appointments, setAppointments] = useState<Appointment[]>([])

  useAppointmentUpdates({
    onAppointmentCreated: (appt) => setAppointments((prev) => [...prev, appt]),
    onAppointmentUpdated: (appt) =>
      setAppointments((prev) => prev.map((one) => (one.id === appt.id ? { ...one, ...appt } : one))),
    showToasts: true,
  })

  return (
    <ul>
      {appointments.map((appt) => (
        <li key={appt.id}>
          {appt.type} {appt.status}, version {appt.version}
        </li>
      ))}
    </ul>
  )
}
