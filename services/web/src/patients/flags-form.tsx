import { PatientFlag, type Patient } from '@derm/contract'
import { Checkbox } from '@mantine/core'
import { describeError } from '../http/api-error.ts'
import classes from '../ui/form-frame.module.css'
import { FormFrame } from '../ui/form-frame.tsx'
import { useLiveDraft } from '../ui/live-draft.ts'
import { FLAG_LABEL } from './chart-labels.ts'
import { usePatientChange } from './patient-queries.ts'

type Draft = Record<PatientFlag, boolean>
const toDraft = ({ flags }: Patient) =>
  Object.fromEntries(PatientFlag.options.map((flag) => [flag, flags.includes(flag)])) as Draft

/** What everybody who deals with the patient has to know at once. Each flag follows the record until it is touched here. */
export function FlagsForm({ patient, onClose }: { patient: Patient; onClose: () => void }) {
  const draft = useLiveDraft<Draft>(toDraft(patient))
  const change = usePatientChange()
  return (
    <FormFrame
      title="Flags"
      submitLabel="Save"
      testId="flags-form"
      isPending={change.isPending}
      error={change.error ? describeError(change.error) : null}
      onSubmit={() => {
        if (Object.keys(draft.changes).length === 0) return onClose()
        const flags = PatientFlag.options.filter((flag) => draft.values[flag])
        change.mutate({ patient, path: 'flag', body: { flags } }, { onSuccess: onClose })
      }}
      onCancel={onClose}
    >
      <div className={classes['pairs']}>
        {PatientFlag.options.map((flag) => (
          <Checkbox
            key={flag}
            label={FLAG_LABEL[flag]}
            checked={draft.values[flag]}
            onChange={(event) => draft.edit(flag, event.currentTarget.checked)}
            data-testid={`flag-${flag}`}
          />
        ))}
      </div>
    </FormFrame>
  )
}
