/** Days and times of day in a location's time zone, without a library: a seed needs no more than this. */

/** `YYYY-MM-DD` of the instant, there. */
export function localDate(instant: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(instant)
}

/** Minutes since midnight, there. */
export function localMinutes(instant: Date, timeZone: string): number {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'short' }).format(instant)
  return toMinutes(clock)
}

/** `HH:MM` → minutes since midnight. */
export function toMinutes(clock: string): number {
  const [hours, minutes] = clock.split(':').map(Number)
  return (hours ?? 0) * 60 + (minutes ?? 0)
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** 0 is Sunday. */
export function weekday(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay()
}

/**
 * The instant of 00:00 by the clock that holds at noon of that day, in ms since 1970: add minutes of the day to it. Right for
 * opening hours, which lie on the same side of a change of the clocks as noon does.
 */
export function startOfDay(date: string, timeZone: string): number {
  const noon = Date.parse(`${date}T12:00:00Z`)
  const there = localDate(new Date(noon), timeZone)
  const ahead = (Date.parse(`${there}T00:00:00Z`) - Date.parse(`${date}T00:00:00Z`)) / 60_000
  const offset = ahead + localMinutes(new Date(noon), timeZone) - 720
  return Date.parse(`${date}T00:00:00Z`) - offset * 60_000
}
