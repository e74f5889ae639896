import { Alert, Button, Group, Skeleton, Stack } from '@mantine/core'
import { IconAlertCircle, IconClockExclamation, IconWifiOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { describeError } from '../http/api-error.ts'
import type { QueryState } from './query-state.ts'
import classes from './query-view.module.css'

type Props<Data> = {
  query: QueryState<Data>
  /** What is shown, as a sentence begins: `The schedule`. */
  what: string
  /** In place of what is loading, of about its size. */
  skeleton?: ReactNode
  /** In place of data that hold nothing. */
  empty?: ReactNode
  isEmpty?: (data: Data) => boolean
  children: (data: Data) => ReactNode
}

/**
 * What a query has to show. Without data: a skeleton, that it waits for the network, or its error with a way to try again. With data: them,
 * or that there is nothing in them; and above them that they are old, when reading them again has failed.
 */
export function QueryView<Data>({ query, what, skeleton, empty, isEmpty, children }: Props<Data>) {
  const { data, error, isPaused } = query
  if (data === undefined) {
    if (error) return <Failure query={query} what={what} error={error} />
    if (isPaused)
      return (
        <Alert color="gray" icon={<IconWifiOff />} role="status" data-testid="load-paused">
          {what} could not be loaded yet: there is no connection. It comes by itself when there is one.
        </Alert>
      )
    return skeleton ?? <DefaultSkeleton what={what} />
  }
  const shown = empty !== undefined && isEmpty?.(data) ? empty : children(data)
  if (!error) return shown
  return (
    <>
      <div className={classes['old']} role="status" data-testid="load-stale">
        <IconClockExclamation size={17} aria-hidden="true" />
        <span>
          {what} could not be read again, so this is from {formatClock(query.dataUpdatedAt)}. {describeError(error)}
        </span>
        <Retry query={query} isSmall />
      </div>
      {shown}
    </>
  )
}

function Failure({ query, what, error }: { query: QueryState<unknown>; what: string; error: Error }) {
  return (
    <Alert
      color="red"
      icon={<IconAlertCircle />}
      title={`${what} could not be loaded`}
      role="alert"
      data-testid="load-error"
    >
      <Group justify="space-between" gap="xs">
        {describeError(error)}
        <Retry query={query} />
      </Group>
    </Alert>
  )
}

function Retry({ query, isSmall = false }: { query: QueryState<unknown>; isSmall?: boolean }) {
  return (
    <Button
      variant="default"
      {...(isSmall ? { size: 'compact-sm' } : {})}
      loading={query.isFetching}
      onClick={() => void query.refetch()}
      data-testid="retry"
    >
      Try again
    </Button>
  )
}

function DefaultSkeleton({ what }: { what: string }) {
  return (
    <Stack gap="xs" role="status" aria-busy="true" aria-label={`${what}: loading`} data-testid="loading">
      <Skeleton h={36} />
      <Skeleton h={36} />
      <Skeleton h={36} w="70%" />
    </Stack>
  )
}

function formatClock(at: number): string {
  return new Date(at).toLocaleTimeString('en-US', { hour: 'numeric', minute: '2-digit' })
}
