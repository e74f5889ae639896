import { AppointmentType, type Appointment } from '@derm/contract'
import { NativeSelect, Textarea } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { useAppointmentChange } from './appointment-changes.ts'
import { TYPE_LABEL } from '../appointments/appointment-labels.ts'
import { optionsOf } from '../ui/options.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useOpenedOn } from '../ui/opened-on.ts'

type Props = {
  appointment: Appointment
  onDone: () => void
  onCancel: () => void
}

/** Type and note. What was read when the form opened is the base: a change by someone else in between is shown, not overwritten. */
export function EditForm({ appointment, onDone, onCancel }: Props) {
  const [type, setType] = useState(appointment.type)
  const [note, setNote] = useState(appointment.note ?? '')
  const change = useAppointmentChange({ showsError: true })
  const { isConflict, takeBase } = useOpenedOn(appointment, change.error)

  function submit() {
    const text = note.trim() === '' ? null : note.trim()
    change.mutate(
      {
        appointment: takeBase(),
        method: 'PATCH',
        path: '',
        body: { type, note: text },
        patch: { type, note: text },
      },
      { onSuccess: onDone },
    )
  }
  return (
    <FormFrame
      title="Visit and note"
      submitLabel={isConflict ? 'Save mine instead' : 'Save'}
      testId="edit-form"
      isPending={change.isPending}
      error={
        isConflict ? (
          <>
            Someone else changed it while you were typing. It now says: <b>{TYPE_LABEL[appointment.type]}</b>, note{' '}
            {appointment.note === null ? <i>empty</i> : <q>{appointment.note}</q>}. Your text is still here.
          </>
        ) : change.error ? (
          describeError(change.error)
        ) : null
      }
      onSubmit={submit}
      onCancel={onCancel}
    >
      <NativeSelect
        label="Type of visit"
        data={optionsOf(TYPE_LABEL)}
        value={type}
        onChange={(event) => setType(AppointmentType.parse(event.currentTarget.value))}
      />
      <Textarea
        label="Note"
        autosize
        minRows={3}
        maxRows={10}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        data-testid="edit-note"
      />
    </FormFrame>
  )
}
