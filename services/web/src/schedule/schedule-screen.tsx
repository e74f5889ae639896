import type { Location } from '@derm/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { MessagePage } from '../ui/message-page.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { useUser } from '../session/use-user.ts'
import { LiveUpdates } from './live-updates.tsx'
import { SchedulePage } from './schedule-page.tsx'
import { locationsQuery, visibleLocations } from './schedule-queries.ts'
import { parseScheduleSearch } from './schedule-search.ts'
import { LoadingBoard } from './schedule-states.tsx'
import { useNow } from '../time/use-now.ts'
import { todayIn } from '../time/zone-time.ts'

export default function ScheduleScreen() {
  const locations = useQuery(locationsQuery())
  return (
    <QueryView query={locations} what="The list of locations" skeleton={<LoadingBoard />}>
      {(all) => <ChosenLocation all={all} />}
    </QueryView>
  )
}

/** The url's location if the user may see it, else the first that they may. */
function ChosenLocation({ all }: { all: readonly Location[] }) {
  const user = useUser()
  const now = useNow()
  const search = parseScheduleSearch(useSearch({ strict: false }))
  const navigate = useNavigate()
  if (!user) return null
  const visible = visibleLocations(user, all)
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
        // What is open belongs to the location, also when the browser's Back leaves it.
        key={location.id}
        user={user}
        locations={visible}
        location={location}
        date={search.date ?? todayIn(location.timeZone, now)}
        onNavigate={(to) => void navigate({ to: '/schedule', search: { ...search, location: location.id, ...to } })}
      />
    </>
  )
}
