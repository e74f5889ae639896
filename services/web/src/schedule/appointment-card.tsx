import type { Appointment } from '@derm/contract'
import { UpdateHighlight } from '@derm/react'
import { memo } from 'react'
import { TYPE_LABEL, progressOf } from '../appointments/appointment-labels.ts'
import { fullName } from '../patients/patient-names.ts'
import classes from './appointment-card.module.css'
import { StatusIcon } from '../appointments/status-icon.tsx'

export type AppointmentCardProps = {
  appointment: Appointment
  roomName: string | null
  start: number
  end: number
  /** What the wall shows at its start. */
  time: string
  /** Minutes from the board's top. */
  top: number
  left: number
  width: number
  isTabStop: boolean
  isMovable: boolean
  /** Shown as if it had happened, while the server has not answered yet. */
  isPending: boolean
}

/**
 * One appointment on the board. It has no handlers of its own: the board listens for all of them, so that five hundred cards stay
 * cheap, and one that did not change is not rendered again.
 */
export const AppointmentCard = memo(function AppointmentCard(props: AppointmentCardProps) {
  const { appointment, roomName, start, end, time, top, left, width, isTabStop, isMovable, isPending } = props
  const { status, patient, type } = appointment
  const length = end - start
  return (
    <li
      className={classes['place']}
      style={{
        top: `calc(${top} * var(--minute))`,
        height: `calc(${length} * var(--minute) - 2px)`,
        left: `calc(${left}% + 2px)`,
        width: `calc(${width}% - 4px)`,
      }}
    >
      <UpdateHighlight resource="appointments" id={appointment.id} className={classes['glow']!}>
        <button
          type="button"
          className={classes['card']}
          data-testid={`appointment-${appointment.id}`}
          data-appointment={appointment.id}
          data-status={status}
          data-movable={isMovable || undefined}
          data-pending={isPending || undefined}
          data-lines={length < 20 ? 1 : length < 40 ? 2 : 3}
          tabIndex={isTabStop ? 0 : -1}
        >
          <span className={classes['title']}>
            <span className={classes['line']}>
              <span className={classes['name']}>{fullName(patient)}</span>
              {length < 20 ? (
                <>
                  {' '}
                  <span className={classes['inline']}>{time}</span>{' '}
                  <span className={classes['inline']}>{TYPE_LABEL[type]}</span>
                </>
              ) : null}
            </span>
            <span className={classes['status']}>
              {roomName === null || status !== 'roomed' ? null : <span className={classes['room']}>{roomName}</span>}
              <StatusIcon status={status} />
            </span>
          </span>
          {length < 20 ? null : (
            <span className={classes['more']}>
              <span className="numbers">{time}</span> · {TYPE_LABEL[type]}
            </span>
          )}
          <span className={classes['label']}>
            {progressOf(appointment)}
            {appointment.note === null || appointment.note === '' ? '' : ' · note'}
          </span>
        </button>
      </UpdateHighlight>
    </li>
  )
})
