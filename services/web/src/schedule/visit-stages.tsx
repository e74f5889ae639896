import { VisitStage, type Appointment } from '@derm/contract'
import { Button } from '@mantine/core'
import { useId } from 'react'
import { STAGE_LABEL } from '../appointments/appointment-labels.ts'
import classes from './appointment-actions.module.css'
import { useAppointmentChange } from './appointment-changes.ts'

/** Where a roomed patient's visit stands: one touch, seen on every screen. */
export function VisitStages({ appointment }: { appointment: Appointment }) {
  const change = useAppointmentChange()
  const labelId = useId()
  return (
    <div role="group" aria-labelledby={labelId}>
      <p id={labelId} className={classes['stagesLabel']}>
        Stage of the visit
      </p>
      <div className={classes['stages']}>
        {VisitStage.options.map((stage) => (
          <Button
            key={stage}
            size="compact-md"
            fw={550}
            variant={appointment.stage === stage ? 'light' : 'default'}
            aria-pressed={appointment.stage === stage}
            disabled={change.isPending}
            onClick={() => change.mutate({ appointment, path: 'stage', body: { stage }, patch: { stage } })}
            data-testid={`stage-${stage}`}
          >
            {STAGE_LABEL[stage]}
          </Button>
        ))}
      </div>
    </div>
  )
}
