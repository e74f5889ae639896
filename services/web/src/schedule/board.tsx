import type { Appointment, Location } from '@derm/contract'
import {
  memo,
  useEffect,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
} from 'react'
import type { Column, Hours } from './board-model.ts'
import classes from './board.module.css'
import { nextCard } from './card-navigation.ts'
import type { DropTarget } from './drag-target.ts'
import { ProviderColumn, slotAt } from './provider-column.tsx'
import { useBoardDrag } from './use-board-drag.ts'
import { formatMinutes, zoneName } from '../time/zone-time.ts'

export type BoardProps = {
  columns: readonly Column[]
  hours: Hours
  location: Location
  date: string
  isWritable: boolean
  pendingIds: ReadonlySet<string>
  onOpen: (id: string) => void
  onMove: (appointment: Appointment, target: DropTarget) => void
  onCreate: (target: DropTarget) => void
  isMovable: (appointment: Appointment) => boolean
}

const NONE: ReadonlySet<string> = new Set()

/**
 * A day by provider: one column each, time downwards. One tab stop for all cards; arrow keys go from card to card.
 *
 * Our own grid, not `@mantine/schedule`'s ResourcesDayView: with 500 appointments that one took 111 to 226 ms for each step of
 * a drag (it renders all of them anew), where we allow 100; and in its rows a visit of 15 minutes is too narrow for a name.
 */
export const Board = memo(function Board(props: BoardProps) {
  const { columns, hours, location, date, isWritable, pendingIds, onOpen, onMove, onCreate, isMovable } = props
  const board = useRef<HTMLDivElement>(null)
  const [focusedId, setFocusedId] = useState<string | null>(null)
  const cards = useMemo(
    () => new Map(columns.flatMap(({ cards }) => cards.map((card) => [card.appointment.id, card]))),
    [columns],
  )
  const rooms = useMemo(() => new Map(location.rooms.map(({ id, name }) => [id, name])), [location])
  const tabStop =
    focusedId !== null && cards.has(focusedId)
      ? focusedId
      : (columns.find(({ cards }) => cards[0])?.cards[0]?.appointment.id ?? null)
  const { drag, onPointerDown, isClickOfDrag } = useBoardDrag({
    board,
    hours,
    findCard: (id) => cards.get(id) ?? null,
    isMovable: (card) => isWritable && isMovable(card.appointment),
    onDrop: (card, target) => onMove(card.appointment, target),
  })

  // A day opens where the work is: an hour before now or at opening time.
  const isLoaded = columns.length > 0
  useEffect(() => {
    const element = board.current
    if (!element || !isLoaded) return
    const line = element.querySelector<HTMLElement>('[data-now]')?.offsetTop ?? null
    element.scrollTop = line === null ? 0 : Math.max(0, line - 160)
  }, [date, location.id, isLoaded])

  function handleClick(event: MouseEvent<HTMLElement>) {
    if (isClickOfDrag()) return
    const target = event.target as Element
    const id = target.closest<HTMLElement>('[data-appointment]')?.dataset['appointment']
    if (id !== undefined) return onOpen(id)
    const column = target.closest<HTMLElement>('[data-provider]')
    if (column && isWritable)
      onCreate({
        providerId: column.dataset['provider']!,
        start: slotAt(column, event.clientY, hours),
      })
  }

  function handleKeyDown(event: KeyboardEvent<HTMLElement>) {
    const id = (event.target as Element).closest<HTMLElement>('[data-appointment]')?.dataset['appointment']
    if (id === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    const next = nextCard(columns, id, event.key)
    if (next === null) return
    event.preventDefault()
    setFocusedId(next)
    board.current?.querySelector<HTMLElement>(`[data-appointment="${next}"]`)?.focus()
  }

  return (
    <>
      {drag ? <div className={classes['shield']} /> : null}
      <div
        ref={board}
        className={classes['board']}
        style={
          {
            '--columns': columns.length,
            '--minutes': hours.end - hours.start,
          } as CSSProperties
        }
        role="region"
        aria-label="Day by provider"
        data-testid="board"
        onPointerDown={onPointerDown}
        onClick={handleClick}
        onKeyDown={handleKeyDown}
        onFocus={(event) => setFocusedId((event.target as HTMLElement).dataset['appointment'] ?? focusedId)}
      >
        <div className={classes['grid']}>
          <div className={classes['corner']} aria-hidden="true">
            {zoneName(location.timeZone, date)}
          </div>
          {columns.map(({ provider, cards }) => (
            <div key={provider.id} className={classes['head']}>
              <h2 id={`provider-${provider.id}`}>{provider.displayName}</h2>
              <p>
                {cards.length} {cards.length === 1 ? 'visit' : 'visits'} · {provider.specialty}
              </p>
            </div>
          ))}
          <TimeGutter hours={hours} />
          {columns.map((column) => (
            <ProviderColumn
              key={column.provider.id}
              column={column}
              hours={hours}
              date={date}
              zone={location.timeZone}
              rooms={rooms}
              isWritable={isWritable}
              isMovable={isMovable}
              pendingIds={column.cards.some(({ appointment }) => pendingIds.has(appointment.id)) ? pendingIds : NONE}
              tabStop={column.cards.some(({ appointment }) => appointment.id === tabStop) ? tabStop : null}
              preview={drag?.target.providerId === column.provider.id ? drag : null}
            />
          ))}
        </div>
      </div>
    </>
  )
})

const TimeGutter = memo(function TimeGutter({ hours }: { hours: Hours }) {
  const marks = Array.from({ length: (hours.end - hours.start) / 60 }, (_, index) => hours.start + index * 60)
  return (
    <div className={classes['gutter']} aria-hidden="true">
      {marks.map((minutes) => (
        <div
          key={minutes}
          className={`${classes['hour']} numbers`}
          style={{ top: `calc(${minutes - hours.start} * var(--minute))` }}
        >
          {formatMinutes(minutes).replace(':00', '')}
        </div>
      ))}
    </div>
  )
})
