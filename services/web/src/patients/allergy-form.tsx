import { AllergySeverity, type Allergy } from '@derm/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import classes from '../ui/form-frame.module.css'
import { FormFrame } from '../ui/form-frame.tsx'
import { useKeptKeys } from '../http/kept-keys.ts'
import { useLiveDraft } from '../ui/live-draft.ts'
import { ConflictNotice, fieldOf } from '../ui/live-fields.tsx'
import { optionsOf } from '../ui/options.ts'
import { SEVERITY_LABEL } from './chart-labels.ts'
import { usePartChange } from './chart-queries.ts'

type Draft = { substance: string; reaction: string; severity: AllergySeverity }
const NEW: Draft = { substance: '', reaction: '', severity: 'moderate' }
const toDraft = ({ substance, reaction, severity }: Allergy): Draft => ({
  substance,
  reaction: reaction ?? '',
  severity,
})
function toBody({ substance, reaction, severity }: Partial<Draft>) {
  return {
    ...(substance === undefined ? {} : { substance: substance.trim() }),
    ...(reaction === undefined ? {} : { reaction: reaction.trim() === '' ? null : reaction.trim() }),
    ...(severity === undefined ? {} : { severity }),
  }
}

/** `allergy` null: a new one. */
type Props = { patientId: string; allergy: Allergy | null; onDone: () => void; onCancel: () => void }

export function AllergyForm({ patientId, allergy, onDone, onCancel }: Props) {
  const draft = useLiveDraft<Draft>(allergy ? toDraft(allergy) : NEW)
  const [isChecked, setChecked] = useState(false)
  const change = usePartChange('allergies', useKeptKeys())
  const isMissing = draft.values.substance.trim() === ''

  function submit() {
    setChecked(true)
    if (isMissing) return
    if (allergy && Object.keys(draft.changes).length === 0) return onDone()
    change.mutate(
      allergy
        ? { path: `/${allergy.id}`, method: 'PATCH', body: toBody(draft.changes), version: allergy.version }
        : { body: { patientId, ...toBody(draft.values) } },
      { onSuccess: onDone },
    )
  }
  return (
    <FormFrame
      title={allergy ? 'Edit the allergy' : 'Add an allergy'}
      submitLabel={draft.conflicts.length > 0 ? 'Save what I typed' : allergy ? 'Save' : 'Add'}
      testId="allergy-form"
      isPending={change.isPending}
      error={change.error ? describeError(change.error) : null}
      onSubmit={submit}
      onCancel={onCancel}
    >
      <ConflictNotice draft={draft} what="this allergy" />
      <div className={classes['pairs']}>
        <TextInput
          label="Substance"
          autoComplete="off"
          maxLength={200}
          {...fieldOf(draft, 'substance', {
            error: isChecked && isMissing ? 'Enter a substance, such as penicillin or latex' : undefined,
          })}
          data-testid="allergy-substance"
        />
        <NativeSelect
          label="Severity"
          data={optionsOf(SEVERITY_LABEL)}
          {...fieldOf(draft, 'severity', { describe: (value) => SEVERITY_LABEL[AllergySeverity.parse(value)] })}
          data-testid="allergy-severity"
        />
      </div>
      <TextInput
        label="Reaction"
        autoComplete="off"
        maxLength={500}
        {...fieldOf(draft, 'reaction')}
        data-testid="allergy-reaction"
      />
    </FormFrame>
  )
}
