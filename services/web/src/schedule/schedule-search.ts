import { isDate } from '../time/zone-time.ts'

/** What the schedule's url says: a location and a day, and never anything of a patient. */
export type ScheduleSearch = { location?: string; date?: string }

export function parseScheduleSearch({ location, date }: Record<string, unknown>): ScheduleSearch {
  return {
    ...(typeof location === 'string' && /^[0-9a-f-]{36}$/.test(location) ? { location } : {}),
    ...(isDate(date) ? { date } : {}),
  }
}
