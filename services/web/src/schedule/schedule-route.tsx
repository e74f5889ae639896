import '@derm/react/styles.css'
import { Alert, Button, Center, Group, Stack, Text, Title } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { RealtimeProvider, RealtimeWrapper } from '@derm/react'
import { QueryClientProvider, useQuery } from '@tanstack/react-query'
import { createLazyRoute, useNavigate, useSearch } from '@tanstack/react-router'
import { AppHeader } from '../app/app-header.tsx'
import { LoadingPage } from '../app/loading-page.tsx'
import { describeError } from '../http/api-error.ts'
import { queryClient, realtime } from '../realtime/realtime.ts'
import { useUser } from '../session/use-user.ts'
import { LiveUpdates } from './live-updates.tsx'
import classes from './schedule-route.module.css'
import { SchedulePage } from './schedule-page.tsx'
import { locationsQuery, visibleLocations } from './schedule-queries.ts'
import type { ScheduleSearch } from './schedule-search.ts'
import { todayIn } from './zone-time.ts'

function ScheduleScreen() {
  const user = useUser()
  if (!user) return <LoadingPage />
  return (
    <QueryClientProvider client={queryClient}>
      <RealtimeProvider realtime={realtime}>
        <div className={classes['screen']}>
          <AppHeader user={user} />
          <main id="main" tabIndex={-1} className={classes['main']}>
            <ChosenLocation />
          </main>
        </div>
      </RealtimeProvider>
    </QueryClientProvider>
  )
}

/** The url's location if the user may see it, else the first that they may. */
function ChosenLocation() {
  const user = useUser()!
  const search: ScheduleSearch = useSearch({ from: '/schedule' })
  const navigate = useNavigate({ from: '/schedule' })
  const locations = useQuery(locationsQuery())
  if (locations.error && !locations.data)
    return (
      <Alert color="red" icon={<IconAlertCircle />} title="The locations could not be loaded" role="alert">
        <Group justify="space-between">
          {describeError(locations.error)}
          <Button variant="default" loading={locations.isFetching} onClick={() => void locations.refetch()}>
            Try again
          </Button>
        </Group>
      </Alert>
    )
  if (!locations.data) return <LoadingPage />
  const visible = visibleLocations(user, locations.data)
  const location = visible.find(({ id }) => id === search.location) ?? visible[0]
  if (!location)
    return (
      <Center flex={1}>
        <Stack gap={4} align="center">
          <Title order={1}>No schedule to show</Title>
          <Text c="dimmed">Your role has no access to any location’s schedule.</Text>
        </Stack>
      </Center>
    )
  return (
    <RealtimeWrapper className={classes['live']!}>
      <LiveUpdates location={location} />
      <SchedulePage
        user={user}
        locations={visible}
        location={location}
        date={search.date ?? todayIn(location.timeZone)}
        onNavigate={(to) =>
          void navigate({
            search: (before: ScheduleSearch) => ({
              ...before,
              location: location.id,
              ...to,
            }),
          })
        }
      />
    </RealtimeWrapper>
  )
}

export const scheduleLazyRoute = createLazyRoute('/schedule')({
  component: ScheduleScreen,
})
