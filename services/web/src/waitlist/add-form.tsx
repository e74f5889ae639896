import { AppointmentType, type Location, type PatientSummary, type Provider } from '@derm/contract'
import { Group, NativeSelect, TextInput, Textarea } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { PatientPicker } from '../patients/patient-picker.tsx'
import { TYPE_LABEL } from '../appointments/appointment-labels.ts'
import { optionsOf } from '../ui/options.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useKeptKeys } from '../http/kept-keys.ts'
import { isDate } from '../time/zone-time.ts'
import { useAddToWaitlist } from './waitlist-queries.ts'

type Props = {
  location: Location
  providers: readonly Provider[]
  date: string
  onDone: () => void
  onCancel: () => void
}

export function AddForm({ location, providers, date, onDone, onCancel }: Props) {
  const [patient, setPatient] = useState<PatientSummary | null>(null)
  const [type, setType] = useState<AppointmentType>('follow_up')
  const [providerId, setProviderId] = useState('')
  const [earliestDate, setEarliestDate] = useState(date)
  const [latestDate, setLatestDate] = useState('')
  const [note, setNote] = useState('')
  const [isChecked, setChecked] = useState(false)
  const add = useAddToWaitlist(useKeptKeys())
  const fault = !isDate(earliestDate)
    ? 'Choose the first possible date.'
    : latestDate !== '' && latestDate < earliestDate
      ? 'The last date lies before the first.'
      : null

  function submit() {
    setChecked(true)
    if (patient === null || fault !== null) return
    const text = note.trim()
    add.mutate(
      {
        locationId: location.id,
        patientId: patient.id,
        providerId: providerId === '' ? null : providerId,
        type,
        earliestDate,
        latestDate: latestDate === '' ? null : latestDate,
        ...(text === '' ? {} : { note: text }),
      },
      { onSuccess: onDone },
    )
  }
  return (
    <FormFrame
      title="Add to the waitlist"
      submitLabel="Add"
      testId="waitlist-form"
      isPending={add.isPending}
      error={isChecked && fault !== null ? fault : add.error ? describeError(add.error) : null}
      onSubmit={submit}
      onCancel={onCancel}
    >
      <PatientPicker
        value={patient}
        onChange={setPatient}
        error={isChecked && patient === null ? 'Choose a patient from the list' : null}
      />
      <NativeSelect
        label="Type of visit"
        data={optionsOf(TYPE_LABEL)}
        value={type}
        onChange={(event) => setType(AppointmentType.parse(event.currentTarget.value))}
      />
      <NativeSelect
        label="Provider"
        data={[
          { value: '', label: 'Any provider' },
          ...providers.map(({ id, displayName }) => ({
            value: id,
            label: displayName,
          })),
        ]}
        value={providerId}
        onChange={(event) => setProviderId(event.currentTarget.value)}
      />
      <Group grow gap="xs" align="flex-end">
        <TextInput
          type="date"
          label="From"
          value={earliestDate}
          onChange={(event) => setEarliestDate(event.currentTarget.value)}
        />
        <TextInput
          type="date"
          label="To (open if empty)"
          value={latestDate}
          onChange={(event) => setLatestDate(event.currentTarget.value)}
        />
      </Group>
      <Textarea
        label="Note"
        autosize
        minRows={2}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </FormFrame>
  )
}
