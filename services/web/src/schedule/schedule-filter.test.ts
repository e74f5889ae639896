import type { Appointment, AppointmentStatus } from '@derm/contract'
import { describe, expect, it } from 'vitest'
import { NO_FILTER, countStatuses, filterAppointments, toggleStatus } from './schedule-filter.ts'

const make = (id: string, providerId: string, status: AppointmentStatus) => ({ id, providerId, status }) as Appointment
const day = [
  make('1', 'a', 'scheduled'),
  make('2', 'a', 'checked_in'),
  make('3', 'b', 'checked_in'),
  make('4', 'b', 'cancelled'),
]
const ids = (list: Appointment[]) => list.map(({ id }) => id)

describe('the filter of the schedule', () => {
  it('shows everything when nothing is chosen', () => {
    expect(ids(filterAppointments(day, NO_FILTER))).toEqual(['1', '2', '3', '4'])
  })
  it('joins providers and statuses by and, and each list by or', () => {
    expect(
      ids(
        filterAppointments(day, {
          providerIds: ['b'],
          statuses: ['checked_in', 'cancelled'],
        }),
      ),
    ).toEqual(['3', '4'])
    expect(
      ids(
        filterAppointments(day, {
          providerIds: ['a', 'b'],
          statuses: ['checked_in'],
        }),
      ),
    ).toEqual(['2', '3'])
  })
  it('counts the statuses of the chosen providers, whatever statuses are chosen', () => {
    expect(countStatuses(day, { providerIds: ['b'], statuses: ['cancelled'] })).toMatchObject({
      checked_in: 1,
      cancelled: 1,
      scheduled: 0,
    })
  })
  it('toggles a status', () => {
    const once = toggleStatus(NO_FILTER, 'roomed')
    expect(once.statuses).toEqual(['roomed'])
    expect(toggleStatus(once, 'roomed').statuses).toEqual([])
  })
})
