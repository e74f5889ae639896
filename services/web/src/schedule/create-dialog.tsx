import { AppointmentType, type Location, type PatientSummary, type Provider, type WaitlistEntry } from '@derm/contract'
import { Alert, Button, Group, Modal, NativeSelect, Stack, Text, Textarea } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { PatientPicker } from '../patients/patient-picker.tsx'
import { useCreateAppointment } from './appointment-changes.ts'
import { TYPE_LABEL, TYPE_MINUTES } from '../appointments/appointment-labels.ts'
import { formatBirthDate, fullName } from '../patients/patient-names.ts'
import { useFaultFocus, useFocusAfterAnswer } from '../ui/form-focus.ts'
import { useKeptKeys } from '../http/kept-keys.ts'
import { optionsOf } from '../ui/options.ts'
import { SlotFields, toSlot, type SlotDraft } from '../appointments/slot-fields.tsx'
import { zoneName } from '../time/zone-time.ts'

export type CreateDialogProps = {
  initial: SlotDraft
  location: Location
  providers: readonly Provider[]
  /** The waitlist entry that this books. */
  entry: WaitlistEntry | null
  onClose: () => void
  onCreated: (id: string, date: string) => void
}

export function CreateDialog(props: CreateDialogProps) {
  const [isTouched, setTouched] = useState(false)
  return (
    <Modal
      opened
      onClose={props.onClose}
      // What was entered is discarded by a button only.
      closeOnEscape={!isTouched}
      closeOnClickOutside={!isTouched}
      title={props.entry ? 'Book from the waitlist' : 'New appointment'}
      size={520}
      closeButtonProps={{ 'aria-label': 'Close' }}
      data-testid="create-dialog"
    >
      <CreateForm {...props} onTouch={() => setTouched(true)} />
    </Modal>
  )
}

type CreateFormProps = CreateDialogProps & { onTouch: () => void }

function CreateForm({ initial, location, providers, entry, onClose, onCreated, onTouch }: CreateFormProps) {
  const [patient, setPatient] = useState<PatientSummary | null>(entry?.patient ?? null)
  const [type, setType] = useState<AppointmentType>(entry?.type ?? 'follow_up')
  const [draft, setDraft] = useState<SlotDraft>({
    ...initial,
    length: initial.length === '' ? String(TYPE_MINUTES[type]) : initial.length,
  })
  /** Once the person has chosen a length, the type no longer does. */
  const [hasOwnLength, setHasOwnLength] = useState(initial.length !== '')
  const [note, setNote] = useState(entry?.note ?? '')
  const [isChecked, setChecked] = useState(false)
  const create = useCreateAppointment(useKeptKeys())
  const slot = toSlot(draft, location.timeZone)
  const form = useRef<HTMLFormElement>(null)
  const findFault = useFaultFocus(form)
  useFocusAfterAnswer(form, create.isPending)

  function changeType(next: AppointmentType) {
    setType(next)
    if (!hasOwnLength) setDraft({ ...draft, length: String(TYPE_MINUTES[next]) })
  }
  function submit() {
    setChecked(true)
    if (patient === null || slot === null || create.isPending) return
    const text = note.trim()
    create.mutate(
      {
        locationId: location.id,
        patientId: patient.id,
        type,
        ...slot,
        ...(text === '' ? {} : { note: text }),
        ...(entry ? { waitlistEntryId: entry.id } : {}),
      },
      { onSuccess: (appointment) => onCreated(appointment.id, draft.date) },
    )
  }
  return (
    <form
      ref={form}
      noValidate
      onChange={onTouch}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
        findFault()
      }}
    >
      <Stack gap="sm">
        {entry ? (
          <div>
            <Text fw={650}>{fullName(entry.patient)}</Text>
            <Text fz="sm" c="dimmed" className="numbers">
              Born {formatBirthDate(entry.patient.dateOfBirth)} · MRN {entry.patient.mrn}
            </Text>
          </div>
        ) : (
          <PatientPicker
            value={patient}
            onChange={setPatient}
            error={isChecked && patient === null ? 'Choose a patient from the list' : null}
          />
        )}
        <NativeSelect
          label="Type of visit"
          data={optionsOf(TYPE_LABEL)}
          value={type}
          onChange={(event) => changeType(AppointmentType.parse(event.currentTarget.value))}
          data-testid="create-type"
        />
        <SlotFields
          draft={draft}
          onChange={(next) => {
            if (next.length !== draft.length) setHasOwnLength(true)
            setDraft(next)
          }}
          providers={providers}
          zone={location.timeZone}
          zoneLabel={zoneName(location.timeZone, initial.date)}
        />
        <Textarea
          label="Note"
          autosize
          minRows={2}
          maxRows={8}
          maxLength={2000}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {isChecked && slot === null ? (
          <Alert color="red" icon={<IconAlertCircle />} role="alert">
            Choose a date and a time.
          </Alert>
        ) : null}
        {create.error ? (
          <Alert color="red" icon={<IconAlertCircle />} role="alert" data-testid="form-error">
            {describeError(create.error)} {'What you entered is still here.'}
          </Alert>
        ) : null}
        <Group justify="flex-end" gap="xs" mt={4}>
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button type="submit" loading={create.isPending} data-testid="create-submit">
            Book
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
