import type { Coverage } from '@derm/contract'
import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { isDate } from '../time/zone-time.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { usePartChange } from './chart-queries.ts'
import { todayHere } from './patient-names.ts'

type Props = { coverage: Coverage; onDone: () => void; onCancel: () => void }

export function CoverageEndForm({ coverage, onDone, onCancel }: Props) {
  const [effectiveTo, setEffectiveTo] = useState(coverage.effectiveTo ?? todayHere())
  const [isChecked, setChecked] = useState(false)
  const change = usePartChange('coverages')
  const fault = !isDate(effectiveTo)
    ? 'Enter a date'
    : effectiveTo < coverage.effectiveFrom
      ? 'It ends before it begins'
      : null
  return (
    <FormFrame
      title={`End ${coverage.payerName}`}
      submitLabel="Save"
      testId="coverage-end-form"
      isPending={change.isPending}
      error={change.error ? describeError(change.error) : null}
      onSubmit={() => {
        setChecked(true)
        if (fault === null)
          change.mutate(
            { path: `/${coverage.id}/end`, body: { effectiveTo }, version: coverage.version },
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
