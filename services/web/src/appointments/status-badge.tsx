import type { Appointment } from '@derm/contract'
import { progressOf } from './appointment-labels.ts'
import classes from './status-badge.module.css'
import { StatusIcon } from './status-icon.tsx'

export function StatusBadge({ appointment }: { appointment: Appointment }) {
  const { status } = appointment
  return (
    <span className={classes['badge']} data-status={status}>
      <StatusIcon status={status} size={15} />
      {progressOf(appointment)}
    </span>
  )
}
