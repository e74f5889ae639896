import { Alert, Button, Center, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconAlertCircle, IconCalendarPlus } from '@tabler/icons-react'
import classes from './schedule-page.module.css'

export function LoadingBoard() {
  return (
    <div className={classes['skeletons']} role="status" aria-label="Loading the schedule" data-testid="loading">
      {Array.from({ length: 24 }, (_, index) => (
        <Skeleton key={index} h={34 + ((index * 29) % 60)} radius="md" />
      ))}
    </div>
  )
}

export function Failure({ text, isRetrying, onRetry }: { text: string; isRetrying: boolean; onRetry: () => void }) {
  return (
    <Alert
      color="red"
      icon={<IconAlertCircle />}
      title="The schedule could not be loaded"
      role="alert"
      data-testid="load-error"
    >
      <Group justify="space-between">
        {text}
        <Button variant="default" loading={isRetrying} onClick={onRetry} data-testid="retry">
          Try again
        </Button>
      </Group>
    </Alert>
  )
}

export function Empty({
  isFiltered,
  onClear,
  onCreate,
}: {
  isFiltered: boolean
  onClear: () => void
  onCreate?: () => void
}) {
  return (
    <Center className={classes['empty']} data-testid="empty">
      <Stack align="center" gap={6} className={classes['emptyCard']}>
        <IconCalendarPlus size={28} stroke={1.5} aria-hidden="true" />
        <Title order={2}>{isFiltered ? 'Nothing matches the filter' : 'No appointments on this day'}</Title>
        <Text c="dimmed" fz="sm">
          {isFiltered
            ? 'There are appointments of other providers or statuses.'
            : 'Bookings by anyone appear here at once.'}
        </Text>
        {isFiltered ? (
          <Button mt="xs" variant="default" onClick={onClear}>
            Show everything
          </Button>
        ) : onCreate ? (
          <Button mt="xs" variant="default" onClick={onCreate}>
            New appointment
          </Button>
        ) : null}
      </Stack>
    </Center>
  )
}
