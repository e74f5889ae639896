import { CancelCode, type Appointment } from '@derm/contract'
import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { useAppointmentChange } from './appointment-changes.ts'
import { CANCEL_LABEL } from '../appointments/appointment-labels.ts'
import { optionsOf } from '../ui/options.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useOpenedOn } from '../ui/opened-on.ts'

type Props = {
  appointment: Appointment
  onDone: () => void
  onCancel: () => void
}

export function CancelForm({ appointment, onDone, onCancel }: Props) {
  const [cancelCode, setCancelCode] = useState<CancelCode>('patient_request')
  const change = useAppointmentChange({ showsError: true })
  const { isConflict, takeBase } = useOpenedOn(appointment, change.error)
  return (
    <FormFrame
      title="Cancel this appointment"
      submitLabel={isConflict ? 'Cancel it anyway' : 'Cancel the appointment'}
      testId="cancel-form"
      isDanger
      isPending={change.isPending}
      error={change.error ? describeError(change.error) : null}
      onSubmit={() =>
        change.mutate(
          {
            appointment: takeBase(),
            path: 'cancel',
            body: { cancelCode },
            patch: { status: 'cancelled', cancelCode },
          },
          { onSuccess: onDone },
        )
      }
      onCancel={onCancel}
    >
      <NativeSelect
        label="Reason"
        data={optionsOf(CANCEL_LABEL)}
        value={cancelCode}
        onChange={(event) => setCancelCode(CancelCode.parse(event.currentTarget.value))}
        data-testid="cancel-code"
      />
    </FormFrame>
  )
}
