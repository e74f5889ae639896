import type { Patient } from '@derm/contract'
import { useState } from 'react'
import { ApiError, describeError } from '../http/api-error.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useLiveDraft } from '../ui/live-draft.ts'
import { ConflictNotice } from '../ui/live-fields.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { findFaults, toDraft, toUpdate, type PatientDraft } from './patient-draft.ts'
import { PatientFields } from './patient-fields.tsx'
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

/** Saves over the version that it shows: a change by someone else that has not been seen here yet is refused by the API. */
function LoadedPatientForm({ patient, onDone, onCancel }: { patient: Patient } & Omit<Props, 'patientId'>) {
  const draft = useLiveDraft<PatientDraft>(toDraft(patient))
  const change = usePatientChange()
  const [isChecked, setChecked] = useState(false)
  const faults = isChecked ? findFaults(draft.values) : {}
  const hasConflict = draft.conflicts.length > 0
  const isRefused = change.error instanceof ApiError && change.error.code === 'conflict'

  function submit() {
    setChecked(true)
    if (Object.keys(findFaults(draft.values)).length > 0) return
    if (Object.keys(draft.changes).length === 0) return onDone()
    change.mutate({ patient, body: toUpdate(draft.changes) }, { onSuccess: onDone })
  }
  return (
    <FormFrame
      title="Edit the patient"
      submitLabel={hasConflict ? 'Save what I typed' : 'Save'}
      testId="patient-form"
      isPending={change.isPending}
      error={
        isRefused && !hasConflict
          ? 'Someone else changed this patient a moment ago. What you typed is still here: save again.'
          : change.error && !isRefused
            ? describeError(change.error)
            : null
      }
      onSubmit={submit}
      onCancel={onCancel}
    >
      <ConflictNotice draft={draft} what="this patient" />
      <PatientFields draft={draft} faults={faults} />
    </FormFrame>
  )
}
