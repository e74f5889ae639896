import { VisitStage, type Appointment } from '@derm/contract'
import { Button } from '@mantine/core'
import { STAGE_LABEL } from '../appointments/appointment-labels.ts'
import { describeError } from '../http/api-error.ts'
import classes from './appointment-actions.module.css'
import { useAppointmentChange } from './appointment-changes.ts'

/** Where a roomed patient's visit stands: one touch, seen on every screen. */
export function VisitStages({ appointment, onError }: { appointment: Appointment; onError: (text: string) => void }) {
  const change = useAppointmentChange()
  return (
    <div className={classes['stages']} role="group" aria-label="Stage of the visit">
      {VisitStage.options.map((stage) => (
        <Button
          key={stage}
          size="compact-md"
          variant={appointment.stage === stage ? 'light' : 'default'}
          aria-pressed={appointment.stage === stage}
          disabled={change.isPending}
          onClick={() =>
            change.mutate(
              { appointment, path: 'stage', body: { stage }, patch: { stage } },
              { onError: (error) => onError(describeError(error)) },
            )
          }
          data-testid={`stage-${stage}`}
        >
          {STAGE_LABEL[stage]}
        </Button>
      ))}
    </div>
  )
}
