import { Popover, Skeleton, VisuallyHidden } from '@mantine/core'
import { IconCalendarMonth } from '@tabler/icons-react'
import { Suspense, lazy, useState } from 'react'
import classes from './toolbar.module.css'
import { formatDate } from '../time/zone-time.ts'

const DayPicker = lazy(() => import('./day-picker.tsx'))

/** The day as the page's heading, and the door to the calendar. */
export function DateButton({
  date,
  today,
  onDate,
  zoneLabel,
}: {
  date: string
  today: string
  onDate: (date: string) => void
  zoneLabel: string
}) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <button
          type="button"
          className={classes['date']}
          onClick={() => setOpen(!isOpen)}
          aria-haspopup="dialog"
          data-testid="date"
        >
          <h1 className={classes['heading']}>
            <span className={classes['full']}>{formatDate(date)}</span>
            <span className={classes['brief']}>{formatDate(date, 'short')}</span>
          </h1>
          <span className={classes['zone']}>
            {date === today ? <b>Today · </b> : null}
            {zoneLabel}
          </span>
          <IconCalendarMonth size={18} aria-hidden="true" />
          <VisuallyHidden>Choose a day</VisuallyHidden>
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <Suspense fallback={<Skeleton w={240} h={270} />}>
          <DayPicker
            date={date}
            onDate={(next) => {
              setOpen(false)
              onDate(next)
            }}
          />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  )
}
