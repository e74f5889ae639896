import { CoverageRank, type Coverage } from '@derm/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import classes from '../ui/form-frame.module.css'
import { FormFrame } from '../ui/form-frame.tsx'
import { useKeptKeys } from '../http/kept-keys.ts'
import { useLiveDraft } from '../ui/live-draft.ts'
import { ConflictNotice, fieldOf } from '../ui/live-fields.tsx'
import { optionsOf } from '../ui/options.ts'
import { RANK_LABEL } from './chart-labels.ts'
import { usePartChange } from './chart-queries.ts'
import {
  NEW_COVERAGE,
  findCoverageFaults,
  toCoverageBody,
  toCoverageDraft,
  type CoverageDraft,
} from './coverage-draft.ts'
import { formatBirthDate } from './patient-names.ts'

/** `coverage` null: a new one. */
type Props = { patientId: string; coverage: Coverage | null; onDone: () => void; onCancel: () => void }

export function CoverageForm({ patientId, coverage, onDone, onCancel }: Props) {
  const draft = useLiveDraft<CoverageDraft>(coverage ? toCoverageDraft(coverage) : NEW_COVERAGE)
  const change = usePartChange('coverages', useKeptKeys())
  const [isChecked, setChecked] = useState(false)
  const faults = isChecked ? findCoverageFaults(draft.values) : {}

  function submit() {
    setChecked(true)
    if (Object.keys(findCoverageFaults(draft.values)).length > 0) return
    if (coverage && Object.keys(draft.changes).length === 0) return onDone()
    change.mutate(
      coverage
        ? { path: `/${coverage.id}`, method: 'PATCH', body: toCoverageBody(draft.changes), version: coverage.version }
        : { body: { patientId, ...toCoverageBody(draft.values) } },
      { onSuccess: onDone },
    )
  }
  const field = (key: keyof CoverageDraft, describe?: (value: string) => string) => ({
    ...fieldOf(draft, key, { error: faults[key], ...(describe ? { describe } : {}) }),
    'data-testid': `coverage-${key}`,
  })
  return (
    <FormFrame
      title={coverage ? 'Edit the coverage' : 'Add a coverage'}
      submitLabel={draft.conflicts.length > 0 ? 'Save what I typed' : coverage ? 'Save' : 'Add'}
      testId="coverage-form"
      isPending={change.isPending}
      error={change.error ? describeError(change.error) : null}
      onSubmit={submit}
      onCancel={onCancel}
    >
      <ConflictNotice draft={draft} what="this coverage" />
      <div className={classes['pairs']}>
        <TextInput label="Payer" autoComplete="off" maxLength={200} {...field('payerName')} />
        <NativeSelect
          label="Rank"
          data={optionsOf(RANK_LABEL)}
          {...field('rank', (rank) => RANK_LABEL[CoverageRank.parse(rank)])}
        />
        <TextInput label="Member id" autoComplete="off" maxLength={80} {...field('memberId')} />
        <TextInput label="Plan" autoComplete="off" maxLength={200} {...field('planName')} />
        <TextInput label="Valid from" type="date" {...field('effectiveFrom', formatBirthDate)} />
      </div>
    </FormFrame>
  )
}
