import type { Appointment, Location, Provider } from '@derm/contract'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { useAppointmentChange } from './appointment-changes.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useOpenedOn } from '../ui/opened-on.ts'
import { SlotFields, toSlot, type SlotDraft } from '../appointments/slot-fields.tsx'
import { formatDate, formatTime, toClock, toWallTime, turnOf, zoneName } from '../time/zone-time.ts'

type Props = {
  appointment: Appointment
  location: Location
  providers: readonly Provider[]
  onDone: () => void
  onCancel: () => void
}

/** Moves an appointment without dragging: by keyboard, on a phone, or to another day. */
export function RescheduleForm({ appointment, location, providers, onDone, onCancel }: Props) {
  const zone = location.timeZone
  const [draft, setDraft] = useState<SlotDraft>(() => {
    const { date, minutes } = toWallTime(appointment.startsAt, zone)
    const length = (Date.parse(appointment.endsAt) - Date.parse(appointment.startsAt)) / 60_000
    return {
      providerId: appointment.providerId,
      date,
      time: toClock(minutes),
      turn: turnOf(appointment.startsAt, zone),
      length: String(length),
    }
  })
  const [isIncomplete, setIncomplete] = useState(false)
  const change = useAppointmentChange({ showsError: true })
  const { isConflict, takeBase } = useOpenedOn(appointment, change.error)

  function submit() {
    const slot = toSlot(draft, zone)
    setIncomplete(slot === null)
    if (slot === null) return
    change.mutate({ appointment: takeBase(), path: 'reschedule', body: slot, patch: slot }, { onSuccess: onDone })
  }
  const stands = toWallTime(appointment.startsAt, zone).date
  return (
    <FormFrame
      title="Move to another time"
      submitLabel={isConflict ? 'Move it anyway' : 'Move'}
      testId="reschedule-form"
      isPending={change.isPending}
      error={
        isIncomplete
          ? 'Choose a date and a time.'
          : isConflict
            ? `Someone else changed it in the meantime. It is now on ${formatDate(stands, 'short')} at ${formatTime(appointment.startsAt, zone)}.`
            : change.error
              ? describeError(change.error)
              : null
      }
      onSubmit={submit}
      onCancel={onCancel}
    >
      <SlotFields
        draft={draft}
        onChange={setDraft}
        providers={providers}
        zone={zone}
        zoneLabel={zoneName(zone, stands)}
      />
    </FormFrame>
  )
}
