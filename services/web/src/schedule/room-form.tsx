import type { Appointment, Location } from '@derm/contract'
import { Radio, Stack } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { useAppointmentChange } from './appointment-changes.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useOpenedOn } from '../ui/opened-on.ts'

type Props = {
  appointment: Appointment
  location: Location
  appointments: readonly Appointment[]
  onDone: () => void
  onCancel: () => void
}

/** Chooses the room; a room in which another patient is at the moment says so, and can still be chosen. */
export function RoomForm({ appointment, location, appointments, onDone, onCancel }: Props) {
  const taken = new Set(
    appointments.filter(({ id, status }) => status === 'roomed' && id !== appointment.id).map(({ roomId }) => roomId),
  )
  const [roomId, setRoomId] = useState<string | null>(
    appointment.roomId ?? location.rooms.find(({ id }) => !taken.has(id))?.id ?? null,
  )
  const change = useAppointmentChange({ showsError: true })
  const { isConflict, takeBase } = useOpenedOn(appointment, change.error)

  function submit() {
    if (roomId === null) return
    change.mutate(
      {
        appointment: takeBase(),
        path: 'room',
        body: { roomId },
        patch: { status: 'roomed', roomId },
      },
      { onSuccess: onDone },
    )
  }
  return (
    <FormFrame
      title="Which room?"
      submitLabel={isConflict ? 'To this room anyway' : 'To the room'}
      testId="room-form"
      isPending={change.isPending}
      error={change.error ? describeError(change.error) : null}
      onSubmit={submit}
      onCancel={onCancel}
    >
      <Radio.Group value={roomId} onChange={setRoomId} aria-label="Room">
        <Stack gap={4}>
          {location.rooms.map((room) => (
            <Radio
              key={room.id}
              value={room.id}
              label={room.name}
              {...(taken.has(room.id) ? { description: 'In use' } : {})}
              data-testid={`room-${room.id}`}
            />
          ))}
        </Stack>
      </Radio.Group>
    </FormFrame>
  )
}
