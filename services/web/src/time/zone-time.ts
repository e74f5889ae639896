/**
 * Times of a location. A practice reads its clock on the wall, so the board works in minutes since midnight of the
 * location's zone, and only what goes to the API is an instant.
 *
 * - `date`: `YYYY-MM-DD`, a day of the location's calendar. - `minutes`: since midnight on the wall. - `instant`: ISO 8601 UTC.
 */
export type WallTime = { date: string; minutes: number }

const formats = new Map<string, Intl.DateTimeFormat>()

function formatIn(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    })
    formats.set(zone, format)
  }
  return format
}

/** What the wall shows at an instant (ISO text or milliseconds). */
export function toWallTime(instant: string | number, zone: string): WallTime {
  const parts: Record<string, string> = {}
  for (const { type, value } of formatIn(zone).formatToParts(
    typeof instant === 'number' ? instant : Date.parse(instant),
  ))
    parts[type] = value
  return {
    date: `${parts['year']}-${parts['month']}-${parts['day']}`,
    minutes: Number(parts['hour']) * 60 + Number(parts['minute']),
  }
}

/** Milliseconds that the zone is ahead of UTC at an instant, to the minute. */
function offsetAt(ms: number, zone: string): number {
  const { date, minutes } = toWallTime(ms, zone)
  return Date.parse(`${date}T00:00:00Z`) + minutes * 60_000 - Math.floor(ms / 60_000) * 60_000
}

/** Which of two, where the clocks go back and the wall shows a time twice. */
export type Turn = 'first' | 'second'

/**
 * The instant at which the wall shows a time. A time that the clocks skip becomes the one that much later. `minutes` may reach beyond the day.
 */
export function toInstant({ date, minutes }: WallTime, zone: string, turn: Turn = 'first'): string {
  const wall = Date.parse(`${date}T00:00:00Z`) + minutes * 60_000
  const before = wall - offsetAt(wall - 86_400_000, zone)
  const after = wall - offsetAt(wall + 86_400_000, zone)
  const fits = [before, after].filter((ms) => wall - offsetAt(ms, zone) === ms)
  const ms = fits.length === 0 ? before : turn === 'first' ? Math.min(...fits) : Math.max(...fits)
  return new Date(ms).toISOString()
}

/** Which of the two an instant is; `first` also where the wall shows its time once. */
export function turnOf(instant: string, zone: string): Turn {
  return toInstant(toWallTime(instant, zone), zone, 'first') === instant ? 'first' : 'second'
}

/** Whether the wall shows the time of an instant twice, on the night on which the clocks go back. */
function isShownTwice(instant: string, zone: string): boolean {
  const wall = toWallTime(instant, zone)
  return toInstant(wall, zone, 'first') !== toInstant(wall, zone, 'second')
}

/** The instants at which the wall shows a time: none when the clocks skip it, two when it comes twice. */
export function instantsOf(wall: WallTime, zone: string): string[] {
  const all = [...new Set([toInstant(wall, zone, 'first'), toInstant(wall, zone, 'second')])]
  return all.filter((instant) => toWallTime(instant, zone).minutes === ((wall.minutes % 1440) + 1440) % 1440)
}

/** A day of the location as the half-open range of instants that the API takes: 23 or 25 hours when the clocks change. */
export function dayRange(date: string, zone: string): { from: string; to: string } {
  return {
    from: toInstant({ date, minutes: 0 }, zone),
    to: toInstant({ date: addDays(date, 1), minutes: 0 }, zone),
  }
}

export function todayIn(zone: string, now: number = Date.now()): string {
  return toWallTime(now, zone).date
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

export function isDate(text: unknown): text is string {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const ms = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

/** `HH:mm` → minutes since midnight; `null` when it is no time. */
export function parseClock(text: string): number | null {
  const match = /^(\d{1,2}):(\d\d)(?::\d\d)?$/.exec(text)
  if (!match) return null
  const [hours, minutes] = [Number(match[1]), Number(match[2])]
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : null
}

/** Minutes → `HH:mm`, the form of `<input type="time">`. */
export function toClock(minutes: number): string {
  const inDay = ((minutes % 1440) + 1440) % 1440
  return `${String(Math.floor(inDay / 60)).padStart(2, '0')}:${String(inDay % 60).padStart(2, '0')}`
}

/** Minutes → `9:05 AM`. */
export function formatMinutes(minutes: number): string {
  const hours = Math.floor((((minutes % 1440) + 1440) % 1440) / 60)
  return `${hours % 12 === 0 ? 12 : hours % 12}:${String(((minutes % 60) + 60) % 60).padStart(2, '0')} ${hours < 12 ? 'AM' : 'PM'}`
}

/** `9:05 AM`; with the zone's name, `1:30 AM CDT`, where the wall shows it twice. */
export function formatTime(instant: string, zone: string): string {
  const time = formatMinutes(toWallTime(instant, zone).minutes)
  return isShownTwice(instant, zone) ? `${time} ${zoneNameAt(instant, zone)}` : time
}

const longDate = new Intl.DateTimeFormat('en-US', {
  timeZone: 'UTC',
  weekday: 'long',
  month: 'long',
  day: 'numeric',
  year: 'numeric',
})
const shortDate = new Intl.DateTimeFormat('en-US', {
  timeZone: 'UTC',
  weekday: 'short',
  month: 'short',
  day: 'numeric',
})

export function formatDate(date: string, length: 'long' | 'short' = 'long'): string {
  return (length === 'long' ? longDate : shortDate).format(Date.parse(`${date}T00:00:00Z`))
}

/** What people call the zone on that day: `CST`, `CDT`. */
export function zoneName(zone: string, date: string): string {
  return zoneNameAt(toInstant({ date, minutes: 720 }, zone), zone)
}

export function zoneNameAt(instant: string, zone: string): string {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'short' })
  return format.formatToParts(Date.parse(instant)).find(({ type }) => type === 'timeZoneName')?.value ?? zone
}
