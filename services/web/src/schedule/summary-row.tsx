import type { Appointment, AppointmentStatus } from '@derm/contract'
import { memo } from 'react'
import { STATUSES, STATUS_LABEL } from '../appointments/appointment-labels.ts'
import { NO_FILTER, countStatuses, toggleStatus, type ScheduleFilter } from './schedule-filter.ts'
import { StatusIcon } from '../appointments/status-icon.tsx'
import classes from './summary-row.module.css'

type Props = {
  /** Undefined while nobody knows. */
  appointments: readonly Appointment[] | undefined
  filter: ScheduleFilter
  onFilter: (filter: ScheduleFilter) => void
}

const UNKNOWN = '–'

/** How the day stands: the counts by status, each of them also that status's filter. */
export const SummaryRow = memo(function SummaryRow({ appointments, filter, onFilter }: Props) {
  const counts = appointments && countStatuses(appointments, filter)
  const total = counts ? STATUSES.reduce((sum, status) => sum + counts[status], 0) : UNKNOWN
  return (
    <div className={classes['row']} role="group" aria-label="Filter by status" data-testid="summary">
      <button
        type="button"
        className={classes['chip']}
        aria-pressed={filter.statuses.length === 0}
        onClick={() => onFilter({ ...filter, statuses: NO_FILTER.statuses })}
        data-testid="count-all"
      >
        All <b className="numbers">{total}</b>
      </button>
      {STATUSES.map((status: AppointmentStatus) => (
        <button
          key={status}
          type="button"
          className={classes['chip']}
          data-status={status}
          aria-pressed={filter.statuses.includes(status)}
          onClick={() => onFilter(toggleStatus(filter, status))}
          data-testid={`count-${status}`}
        >
          <StatusIcon status={status} /> {STATUS_LABEL[status]}{' '}
          <b className="numbers">{counts ? counts[status] : UNKNOWN}</b>
        </button>
      ))}
    </div>
  )
})
