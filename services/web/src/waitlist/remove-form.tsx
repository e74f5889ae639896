import { WaitlistRemovalCode, type WaitlistEntry } from '@derm/contract'
import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useOpenedOn } from '../ui/opened-on.ts'
import { optionsOf } from '../ui/options.ts'
import { REMOVAL_LABEL } from './waitlist-labels.ts'
import { useRemoveFromWaitlist } from './waitlist-queries.ts'

type Props = { entry: WaitlistEntry; onDone: () => void; onCancel: () => void }

export function RemoveForm({ entry, onDone, onCancel }: Props) {
  const [code, setCode] = useState<WaitlistRemovalCode>('patient_request')
  const remove = useRemoveFromWaitlist(onDone)
  const { isConflict, takeBase } = useOpenedOn(entry, remove.error)
  return (
    <FormFrame
      title="Take off the waitlist"
      submitLabel={isConflict ? 'Take off anyway' : 'Take off'}
      testId="remove-form"
      isDanger
      isPending={remove.isPending}
      error={remove.error ? describeError(remove.error) : null}
      onSubmit={() => remove.mutate({ entry: takeBase(), code })}
      onCancel={onCancel}
    >
      <NativeSelect
        label="Reason"
        data={optionsOf(REMOVAL_LABEL)}
        value={code}
        onChange={(event) => setCode(WaitlistRemovalCode.parse(event.currentTarget.value))}
        data-testid="removal-code"
      />
    </FormFrame>
  )
}
