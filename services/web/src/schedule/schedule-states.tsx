import { Button, Center, Skeleton } from '@mantine/core'
import { IconCalendarPlus } from '@tabler/icons-react'
import { EmptyState } from '../ui/empty-state.tsx'
import classes from './schedule-page.module.css'

export function LoadingBoard() {
  return (
    <div
      className={classes['skeletons']}
      role="status"
      aria-busy="true"
      aria-label="Loading the schedule"
      data-testid="loading"
    >
      {Array.from({ length: 24 }, (_, index) => (
        <Skeleton key={index} h={34 + ((index * 29) % 60)} radius="md" />
      ))}
    </div>
  )
}

type EmptyDayProps = { isFiltered: boolean; onClear: () => void; onCreate?: () => void }

export function EmptyDay({ isFiltered, onClear, onCreate }: EmptyDayProps) {
  return (
    <Center className={classes['empty']}>
      <EmptyState
        icon={IconCalendarPlus}
        title={isFiltered ? 'Nothing matches the filter' : 'No appointments on this day'}
        text={
          isFiltered
            ? 'There are appointments of other providers or statuses.'
            : 'Bookings by anyone appear here at once.'
        }
        className={classes['emptyCard']}
      >
        {isFiltered ? (
          <Button mt="xs" variant="default" onClick={onClear}>
            Show everything
          </Button>
        ) : onCreate ? (
          <Button mt="xs" variant="default" onClick={onCreate}>
            New appointment
          </Button>
        ) : null}
      </EmptyState>
    </Center>
  )
}
