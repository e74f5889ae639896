import type { AppointmentStatus } from '@derm/contract'
import { STATUS_LABEL } from './appointment-labels.ts'
import classes from './status-badge.module.css'
import { StatusIcon } from './status-icon.tsx'

export function StatusBadge({ status }: { status: AppointmentStatus }) {
  return (
    <span className={classes['badge']} data-status={status}>
      <StatusIcon status={status} size={15} />
      {STATUS_LABEL[status]}
    </span>
  )
}
