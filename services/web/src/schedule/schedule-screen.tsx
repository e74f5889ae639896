import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { LoadingPage } from '../app/loading-page.tsx'
import { MessagePage } from '../app/message-page.tsx'
import { describeError } from '../http/api-error.ts'
import { useUser } from '../session/use-user.ts'
import { LiveUpdates } from './live-updates.tsx'
import { SchedulePage } from './schedule-page.tsx'
import { locationsQuery, visibleLocations } from './schedule-queries.ts'
import { parseScheduleSearch } from './schedule-search.ts'
import { Failure } from './schedule-states.tsx'
import { todayIn } from './zone-time.ts'

/** The url's location if the user may see it, else the first that they may. */
export default function ScheduleScreen() {
  const user = useUser()!
  const search = parseScheduleSearch(useSearch({ strict: false }))
  const navigate = useNavigate()
  const locations = useQuery(locationsQuery())
  if (locations.error && !locations.data)
    return (
      <Failure
        text={describeError(locations.error)}
        isRetrying={locations.isFetching}
        onRetry={() => void locations.refetch()}
      />
    )
  if (!locations.data) return <LoadingPage component="div" />
  const visible = visibleLocations(user, locations.data)
  const location = visible.find(({ id }) => id === search.location) ?? visible[0]
  if (!location)
    return (
      <MessagePage
        component="div"
        title="No schedule to show"
        text="Your role has no access to any location’s schedule."
      />
    )
  return (
    <>
      <LiveUpdates location={location} />
      <SchedulePage
        user={user}
        locations={visible}
        location={location}
        date={search.date ?? todayIn(location.timeZone)}
        onNavigate={(to) => void navigate({ to: '/schedule', search: { ...search, location: location.id, ...to } })}
      />
    </>
  )
}
