import type { Coverage } from '@derm/contract'
import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { formatSpan } from './coverage-draft.ts'
import { isDate } from '../time/zone-time.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useOpenedOn } from '../ui/opened-on.ts'
import { usePartChange } from './chart-queries.ts'
import { todayHere } from './patient-names.ts'

type Props = { coverage: Coverage; onDone: () => void; onCancel: () => void }

export function CoverageEndForm({ coverage, onDone, onCancel }: Props) {
  const [effectiveTo, setEffectiveTo] = useState(coverage.effectiveTo ?? todayHere())
  const [isChecked, setChecked] = useState(false)
  const change = usePartChange('coverages')
  const { isConflict, takeBase } = useOpenedOn(coverage, change.error)
  const fault = !isDate(effectiveTo)
    ? 'Enter a date'
    : effectiveTo < coverage.effectiveFrom
      ? 'It ends before it begins'
      : null
  return (
    <FormFrame
      title={`End ${coverage.payerName}`}
      submitLabel={isConflict ? 'Save mine instead' : 'Save'}
      testId="coverage-end-form"
      isPending={change.isPending}
      error={
        isConflict
          ? `Someone else changed it in the meantime. It is now ${coverage.payerName}, member ${coverage.memberId}, ${formatSpan(coverage)}.`
          : change.error
            ? describeError(change.error)
            : null
      }
      onSubmit={() => {
        setChecked(true)
        if (fault === null)
          change.mutate(
            { path: `/${coverage.id}/end`, body: { effectiveTo }, version: takeBase().version },
            { onSuccess: onDone },
          )
      }}
      onCancel={onCancel}
    >
      <TextInput
        label="Last day that it covers"
        type="date"
        value={effectiveTo}
        onChange={(event) => setEffectiveTo(event.currentTarget.value)}
        error={isChecked ? fault : null}
        data-testid="coverage-effectiveTo"
      />
    </FormFrame>
  )
}
