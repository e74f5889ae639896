import {
  POLICY,
  mayDo,
  type Appointment,
  type Location,
  type Provider,
  type Role,
  type Topic,
  type User,
} from '@derm/contract'
import { live } from '@derm/react'
import { keepPreviousData, queryOptions, skipToken, useQuery } from '@tanstack/react-query'
import { request, requestAll } from '../http/request.ts'
import { dayRange } from './zone-time.ts'

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
    placeholderData: keepPreviousData,
  })
}

function hasRoleFor(user: User, locationId: string, roles: readonly Role[]): boolean {
  return user.grants.some(
    (grant) => roles.includes(grant.role) && (grant.locationId === null || grant.locationId === locationId),
  )
}

/** The locations whose schedule the user may see: the same table that the API asks. */
export function visibleLocations(user: User, locations: readonly Location[]): Location[] {
  const roles = (Object.keys(POLICY) as Role[]).filter((role) =>
    (POLICY[role] as readonly Topic[]).includes('scheduling'),
  )
  return locations.filter(({ id }) => hasRoleFor(user, id, roles))
}

export function maySchedule(user: User, locationId: string): boolean {
  return mayDo(user, 'schedule', locationId)
}
