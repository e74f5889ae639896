import type { Patient, PatientUpdate } from '@derm/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { QueryView } from '../ui/query-view.tsx'
import { ApiError, describeError } from '../http/api-error.ts'
import { fullName } from './patient-names.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { isDate } from '../time/zone-time.ts'
import { usePatient, usePatientChange } from './patient-queries.ts'

type Props = { patientId: string; onDone: () => void; onCancel: () => void }

export function PatientForm({ patientId, onDone, onCancel }: Props) {
  const patient = usePatient(patientId)
  return (
    <QueryView query={patient} what="The patient">
      {(loaded) => <LoadedPatientForm patient={loaded} onDone={onDone} onCancel={onCancel} />}
    </QueryView>
  )
}

type Draft = {
  firstName: string
  lastName: string
  dateOfBirth: string
  sex: Patient['sex']
  phone: string
  email: string
}
const SEX_OPTIONS: { value: Patient['sex']; label: string }[] = [
  { value: 'female', label: 'Female' },
  { value: 'male', label: 'Male' },
  { value: 'other', label: 'Other' },
  { value: 'unknown', label: 'Not recorded' },
]

const toDraft = ({ firstName, lastName, dateOfBirth, sex, phone, email }: Patient): Draft => ({
  firstName,
  lastName,
  dateOfBirth,
  sex,
  phone: phone ?? '',
  email: email ?? '',
})

/** Only what the person changed: someone else's change to another field is not undone by saving this form. */
function changesOf(before: Patient, draft: Draft): PatientUpdate {
  const from = toDraft(before)
  const changes: PatientUpdate = {}
  for (const key of ['firstName', 'lastName', 'dateOfBirth'] as const)
    if (draft[key].trim() !== from[key]) changes[key] = draft[key].trim()
  if (draft.sex !== from.sex) changes.sex = draft.sex
  for (const key of ['phone', 'email'] as const)
    if (draft[key].trim() !== from[key]) changes[key] = draft[key].trim() === '' ? null : draft[key].trim()
  return changes
}

function LoadedPatientForm({ patient, onDone, onCancel }: { patient: Patient } & Omit<Props, 'patientId'>) {
  const [base] = useState(patient)
  const change = usePatientChange()
  const isConflict = change.error instanceof ApiError && change.error.code === 'conflict'
  const form = useForm<Draft>({
    initialValues: toDraft(base),
    validate: {
      firstName: (name) => (name.trim() === '' ? 'Enter a first name' : null),
      lastName: (name) => (name.trim() === '' ? 'Enter a last name' : null),
      dateOfBirth: (date) => (isDate(date) ? null : 'Enter a date'),
      email: (email) =>
        email.trim() === '' || /^\S+@\S+\.\S+$/.test(email.trim()) ? null : 'This is no email address',
    },
  })

  function submit(draft: Draft) {
    const changes = changesOf(base, draft)
    if (Object.keys(changes).length === 0) return onDone()
    const current = isConflict ? patient : base
    change.mutate({ patient: current, changes }, { onSuccess: onDone })
  }
  const field = (name: keyof Draft) => ({
    ...form.getInputProps(name),
    'data-testid': `patient-${name}`,
  })
  return (
    <FormFrame
      title="Edit the patient"
      submitLabel={isConflict ? 'Save my changes too' : 'Save'}
      testId="patient-form"
      isPending={change.isPending}
      error={
        isConflict
          ? `Someone else changed this patient in the meantime; the record now says ${fullName(patient)}, phone ${patient.phone ?? 'none'}, email ${patient.email ?? 'none'}. What you typed is still here.`
          : change.error
            ? describeError(change.error)
            : null
      }
      onSubmit={() => form.onSubmit(submit)()}
      onCancel={onCancel}
    >
      <TextInput label="First name" autoComplete="off" {...field('firstName')} />
      <TextInput label="Last name" autoComplete="off" {...field('lastName')} />
      <TextInput label="Date of birth" type="date" {...field('dateOfBirth')} />
      <NativeSelect label="Sex" data={SEX_OPTIONS} {...field('sex')} />
      <TextInput label="Phone" type="tel" autoComplete="off" {...field('phone')} />
      <TextInput label="Email" type="email" autoComplete="off" {...field('email')} />
    </FormFrame>
  )
}
