import { AppointmentType, type Appointment } from '@derm/contract'
import { NativeSelect, Textarea } from '@mantine/core'
import { useState } from 'react'
import { ApiError, describeError } from '../http/api-error.ts'
import { useAppointmentChange } from './appointment-changes.ts'
import { TYPE_LABEL } from '../appointments/appointment-labels.ts'
import { optionsOf } from '../ui/options.ts'
import { FormFrame } from '../ui/form-frame.tsx'

type Props = {
  appointment: Appointment
  onDone: () => void
  onCancel: () => void
}

/** Type and note. What was read when the form opened is the base: a change by someone else in between is shown, not overwritten. */
export function EditForm({ appointment, onDone, onCancel }: Props) {
  const [base, setBase] = useState(appointment)
  const [type, setType] = useState(base.type)
  const [note, setNote] = useState(base.note ?? '')
  const change = useAppointmentChange({ showsError: true })
  const isConflict = change.error instanceof ApiError && change.error.code === 'conflict'

  function submit() {
    // After a conflict the person has seen the current state: what they send now is meant for that one.
    const current = isConflict ? appointment : base
    setBase(current)
    const text = note.trim() === '' ? null : note.trim()
    change.mutate(
      {
        appointment: current,
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
