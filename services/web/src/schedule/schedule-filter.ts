import type { Appointment, AppointmentStatus } from '@derm/contract'
import { STATUSES } from '../appointments/appointment-labels.ts'

/** Empty sets mean everything. */
export type ScheduleFilter = {
  providerIds: readonly string[]
  statuses: readonly AppointmentStatus[]
}
export const NO_FILTER: ScheduleFilter = { providerIds: [], statuses: [] }

export function filterAppointments(
  all: readonly Appointment[],
  { providerIds, statuses }: ScheduleFilter,
): Appointment[] {
  return all.filter(
    ({ providerId, status }) =>
      (providerIds.length === 0 || providerIds.includes(providerId)) &&
      (statuses.length === 0 || statuses.includes(status)),
  )
}

/** How many there are of each status, the status filter aside: the row of counts is also that filter's control. */
export function countStatuses(
  all: readonly Appointment[],
  { providerIds }: ScheduleFilter,
): Record<AppointmentStatus, number> {
  const counts = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<AppointmentStatus, number>
  for (const { status } of filterAppointments(all, {
    providerIds,
    statuses: [],
  }))
    counts[status]++
  return counts
}

export function toggleStatus(filter: ScheduleFilter, status: AppointmentStatus): ScheduleFilter {
  const statuses = filter.statuses.includes(status)
    ? filter.statuses.filter((other) => other !== status)
    : [...filter.statuses, status]
  return { ...filter, statuses }
}
