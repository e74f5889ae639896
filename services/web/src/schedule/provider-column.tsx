import type { Appointment } from '@derm/contract'
import { memo, useState } from 'react'
import { AppointmentCard } from './appointment-card.tsx'
import { fullName } from '../patients/patient-names.ts'
import type { Card, Column, Hours } from './board-model.ts'
import classes from './board.module.css'
import { STEP, type DropTarget } from './drag-target.ts'
import { NowLine } from './now-line.tsx'
import { formatMinutes } from '../time/zone-time.ts'

/** The start of the quarter of an hour at a height of a column. */
export function slotAt(column: Element, clientY: number, hours: Hours): number {
  const { top, height } = column.getBoundingClientRect()
  const minutes = hours.start + ((clientY - top) / height) * (hours.end - hours.start)
  return Math.max(hours.start, Math.min(Math.floor(minutes / STEP) * STEP, hours.end - STEP))
}

type ProviderColumnProps = {
  column: Column
  hours: Hours
  date: string
  zone: string
  rooms: ReadonlyMap<string, string>
  isWritable: boolean
  isMovable: (appointment: Appointment) => boolean
  pendingIds: ReadonlySet<string>
  tabStop: string | null
  preview: { card: Card; target: DropTarget } | null
}

/** One provider’s day. Rendered anew only when its own cards change, or the drag passes over it. */
export const ProviderColumn = memo(function ProviderColumn(props: ProviderColumnProps) {
  const { column, hours, date, zone, rooms, isWritable, isMovable, pendingIds, tabStop, preview } = props
  const [hover, setHover] = useState<number | null>(null)
  return (
    <ul
      className={classes['column']}
      aria-labelledby={`provider-${column.provider.id}`}
      data-provider={column.provider.id}
      data-writable={isWritable || undefined}
      onPointerMove={(event) => {
        const isFree =
          isWritable && event.pointerType === 'mouse' && event.buttons === 0 && event.target === event.currentTarget
        setHover(isFree ? slotAt(event.currentTarget, event.clientY, hours) : null)
      }}
      onPointerLeave={() => setHover(null)}
    >
      <ClosedTimes hours={hours} />
      {hover === null || preview ? null : (
        <li
          className={classes['hover']}
          style={{ top: `calc(${hover - hours.start} * var(--minute) + 1px)` }}
          role="presentation"
          aria-hidden="true"
        >
          + {formatMinutes(hover)}
        </li>
      )}
      {column.cards.map(({ appointment, start, end, time, left, width }) => (
        <AppointmentCard
          key={appointment.id}
          appointment={appointment}
          roomName={appointment.roomId === null ? null : (rooms.get(appointment.roomId) ?? null)}
          start={start}
          end={end}
          time={time}
          top={start - hours.start}
          left={left}
          width={width}
          isTabStop={appointment.id === tabStop}
          isMovable={isWritable && isMovable(appointment)}
          isPending={pendingIds.has(appointment.id)}
        />
      ))}
      {preview ? (
        <li
          className={classes['preview']}
          style={{
            top: `calc(${preview.target.start - hours.start} * var(--minute))`,
            height: `calc(${preview.card.end - preview.card.start} * var(--minute) - 2px)`,
          }}
          role="presentation"
        >
          <span className="numbers">
            {formatMinutes(preview.target.start)} –{' '}
            {formatMinutes(preview.target.start + preview.card.end - preview.card.start)}
          </span>{' '}
          {fullName(preview.card.appointment.patient)}
        </li>
      ) : null}
      <li role="presentation" aria-hidden="true">
        <NowLine date={date} zone={zone} start={hours.start} end={hours.end} />
      </li>
    </ul>
  )
})

function ClosedTimes({ hours: { start, end, opens, closes } }: { hours: Hours }) {
  const bands = [
    { from: start, to: opens },
    { from: closes, to: end },
  ].filter(({ from, to }) => to > from)
  return bands.map(({ from, to }) => (
    <li
      key={from}
      role="presentation"
      aria-hidden="true"
      className={classes['closed']}
      style={{
        top: `calc(${from - start} * var(--minute))`,
        height: `calc(${to - from} * var(--minute))`,
      }}
    />
  ))
}
