import { mayDo, type Appointment, type Location, type Provider, type User } from '@derm/contract'
import { live } from '@derm/react'
import { queryOptions, skipToken, useQuery } from '@tanstack/react-query'
import { request, requestAll } from '../http/request.ts'
import { seesTopic } from '../session/access.ts'
import { dayRange } from '../time/zone-time.ts'

/** Locations change with the practice's papers, not during a day. */
const RARELY = 10 * 60_000

export const locationsQuery = () =>
  queryOptions({
    queryKey: ['locations'],
    queryFn: live(({ fetch, signal }) => requestAll<Location>(fetch, '/locations', {}, signal)),
    staleTime: RARELY,
  })

export const providersQuery = (locationId: string) =>
  queryOptions({
    queryKey: ['providers', locationId],
    queryFn: live(({ fetch, signal }) => requestAll<Provider>(fetch, '/providers', { locationId }, signal)),
    staleTime: RARELY,
  })

/** A location's day, whole: the board filters in memory. */
export const dayQuery = (location: Location, date: string) =>
  queryOptions({
    queryKey: ['appointments', 'day', location.id, date],
    queryFn: live(({ fetch, signal }) =>
      requestAll<Appointment>(
        fetch,
        '/appointments',
        { locationId: location.id, ...dayRange(date, location.timeZone) },
        signal,
      ),
    ),
  })

/** One appointment that is open in the drawer and not on the board's day, because someone moved it. */
export function useAppointment(id: string | null) {
  return useQuery({
    queryKey: ['appointments', 'one', id],
    queryFn:
      id === null
        ? skipToken
        : live(({ fetch, signal }) => request<Appointment>(fetch, `/appointments/${id}`, { signal })),
  })
}

/** The locations whose schedule the user may see. */
export function visibleLocations(user: User, locations: readonly Location[]): Location[] {
  return locations.filter(({ id }) => seesTopic(user, 'scheduling', id))
}

export function maySchedule(user: User, locationId: string): boolean {
  return mayDo(user, 'schedule', locationId)
}
