import type { Location, Provider } from '@derm/contract'
import { UpdateHighlight } from '@derm/react'
import { memo, useEffect, useRef } from 'react'
import { TYPE_LABEL, progressOf } from '../appointments/appointment-labels.ts'
import { fullName } from '../patients/patient-names.ts'
import classes from './appointment-list.module.css'
import type { Card, Column } from './board-model.ts'
import { StatusIcon } from '../appointments/status-icon.tsx'
import { toWallTime } from '../time/zone-time.ts'

type Props = {
  columns: readonly Column[]
  date: string
  location: Location
  pendingIds: ReadonlySet<string>
  onOpen: (id: string) => void
}

/** The same day as a list in the order of time: for a phone, for high zoom, and for those who like it better. */
export const AppointmentList = memo(function AppointmentList({ columns, date, location, pendingIds, onOpen }: Props) {
  const rows = columns
    .flatMap(({ provider, cards }) => cards.map((card) => ({ provider, card })))
    .sort((a, b) => a.card.start - b.card.start || a.provider.displayName.localeCompare(b.provider.displayName))
  const rooms = new Map(location.rooms.map(({ id, name }) => [id, name]))
  const list = useRef<HTMLOListElement>(null)
  // Today opens at the first visit that is not over.
  const now = toWallTime(Date.now(), location.timeZone)
  const firstId = now.date === date ? rows.find(({ card }) => card.end > now.minutes)?.card.appointment.id : undefined
  const opening = useRef(firstId)
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>(`[data-appointment="${opening.current}"]`)
    if (row && list.current)
      list.current.scrollTop += row.getBoundingClientRect().top - list.current.getBoundingClientRect().top - 8
  }, [date, location.id])
  return (
    <ol
      ref={list}
      className={classes['list']}
      aria-label="Appointments in the order of time"
      data-testid="list"
      onClick={(event) => {
        const id = (event.target as Element).closest<HTMLElement>('[data-appointment]')?.dataset['appointment']
        if (id !== undefined) onOpen(id)
      }}
    >
      {rows.map(({ provider, card }) => (
        <Row
          key={card.appointment.id}
          card={card}
          provider={provider}
          roomName={card.appointment.roomId === null ? null : (rooms.get(card.appointment.roomId) ?? null)}
          isPending={pendingIds.has(card.appointment.id)}
        />
      ))}
    </ol>
  )
})

type RowProps = {
  card: Card
  provider: Provider
  roomName: string | null
  isPending: boolean
}

const Row = memo(
  function Row({ card: { appointment, time }, provider, roomName, isPending }: RowProps) {
    const { status, patient, type } = appointment
    return (
      <li>
        <UpdateHighlight resource="appointments" id={appointment.id} className={classes['glow']!}>
          <button
            type="button"
            className={classes['row']}
            data-testid={`appointment-${appointment.id}`}
            data-appointment={appointment.id}
            data-status={status}
            data-pending={isPending || undefined}
          >
            <span className={`${classes['time']} numbers`}>
              {time}
              <small>{(Date.parse(appointment.endsAt) - Date.parse(appointment.startsAt)) / 60_000} min</small>
            </span>
            <span className={classes['who']}>
              <b>{fullName(patient)}</b>
              <small>
                {TYPE_LABEL[type]} · {provider.displayName}
              </small>
            </span>
            <span className={classes['status']}>
              <StatusIcon status={status} size={16} />
              <span>
                {progressOf(appointment)}
                {roomName !== null && status === 'roomed' ? <small>{roomName}</small> : null}
              </span>
            </span>
          </button>
        </UpdateHighlight>
      </li>
    )
  },
  (a, b) =>
    a.card.appointment === b.card.appointment &&
    a.card.start === b.card.start &&
    a.card.time === b.card.time &&
    a.card.end === b.card.end &&
    a.provider === b.provider &&
    a.roomName === b.roomName &&
    a.isPending === b.isPending,
)
