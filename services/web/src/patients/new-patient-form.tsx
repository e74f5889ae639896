import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useKeptKeys } from '../http/kept-keys.ts'
import { useLiveDraft } from '../ui/live-draft.ts'
import { findFaults, toUpdate, type PatientDraft } from './patient-draft.ts'
import { PatientFields } from './patient-fields.tsx'
import { usePatientCreate } from './patient-queries.ts'

const NEW: PatientDraft = { firstName: '', lastName: '', dateOfBirth: '', sex: 'unknown', phone: '', email: '' }

/** Registers a patient; the record number is given by the practice. */
export function NewPatientForm({ onDone, onCancel }: { onDone: (id: string) => void; onCancel: () => void }) {
  const draft = useLiveDraft<PatientDraft>(NEW)
  const [isChecked, setChecked] = useState(false)
  const create = usePatientCreate(useKeptKeys())
  return (
    <FormFrame
      title="New patient"
      submitLabel="Register"
      testId="new-patient-form"
      isPending={create.isPending}
      error={create.error ? describeError(create.error) : null}
      onSubmit={() => {
        setChecked(true)
        if (Object.keys(findFaults(draft.values)).length === 0)
          create.mutate(toUpdate(draft.values), { onSuccess: ({ id }) => onDone(id) })
      }}
      onCancel={onCancel}
    >
      <PatientFields draft={draft} faults={isChecked ? findFaults(draft.values) : {}} />
    </FormFrame>
  )
}
