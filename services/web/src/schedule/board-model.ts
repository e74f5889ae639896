import type { Appointment, Location, Provider } from '@derm/contract'
import { layoutColumn, type Place } from './board-layout.ts'
import { dayRange, formatMinutes, formatTime, parseClock, toWallTime } from '../time/zone-time.ts'

/** One card: where an appointment stands, in minutes of the location's day and per cent of its column. */
export type Card = Place & {
  appointment: Appointment
  start: number
  end: number
  /** What the wall shows at its start. */
  time: string
}
export type Column = { provider: Provider; cards: Card[] }
export type Hours = {
  start: number
  end: number
  opens: number
  closes: number
}

/** No card is lower than this many minutes' height: it must hold a line of text. */
const SHORTEST = 10

function isGone({ status }: Pick<Appointment, 'status'>): boolean {
  return status === 'cancelled' || status === 'no_show'
}

/** The columns of a day. Cards come in the order of time, which is also the order of the Tab and arrow keys. */
export function buildColumns(
  providers: readonly Provider[],
  appointments: readonly Appointment[],
  date: string,
  zone: string,
): Column[] {
  const byProvider = new Map<string, Appointment[]>(providers.map(({ id }) => [id, []]))
  for (const appointment of appointments) byProvider.get(appointment.providerId)?.push(appointment)
  const { from, to } = dayRange(date, zone)
  const range = { from: Date.parse(from), to: Date.parse(to) }
  return providers.map((provider) => {
    const spans = byProvider.get(provider.id)!.map((appointment) => {
      const { start, end } = minutesOf(appointment, date, zone, range)
      return {
        id: appointment.id,
        appointment,
        start,
        end: Math.max(end, start + SHORTEST),
        time: timeOf(appointment, start, zone, range),
        isGone: isGone(appointment),
      }
    })
    const places = layoutColumn(spans)
    const cards = spans
      .sort((a, b) => a.start - b.start || a.id.localeCompare(b.id))
      .map(({ id, appointment, start, end, time }) => ({
        appointment,
        start,
        end,
        time,
        ...places.get(id)!,
      }))
    return { provider, cards }
  })
}

/** Minutes of `date` between which an appointment runs; one that reaches beyond the day is cut at its edges. */
export function minutesOf(
  appointment: Pick<Appointment, 'startsAt' | 'endsAt'>,
  date: string,
  zone: string,
  range?: { from: number; to: number },
) {
  const startsAt = Date.parse(appointment.startsAt)
  const length = (Date.parse(appointment.endsAt) - startsAt) / 60_000
  // On a day without a change of clocks the wall follows by subtraction; asking Intl five hundred times would take longer than drawing.
  if (range && range.to - range.from === 86_400_000 && startsAt >= range.from && startsAt < range.to) {
    const minutes = Math.floor((startsAt - range.from) / 60_000)
    return { start: minutes, end: Math.min(minutes + length, 1440) }
  }
  const from = toWallTime(startsAt, zone)
  const start = from.date < date ? 0 : from.date > date ? 1440 - SHORTEST : from.minutes
  // Of one that began on the day before, only what reaches into this day is here.
  const end = from.date < date ? toWallTime(appointment.endsAt, zone).minutes : start + length
  return { start, end: Math.min(end, 1440) }
}

/** Intl is asked only where subtraction does not tell: on the day of a change of clocks, and of what began on another day. */
function timeOf({ startsAt }: Appointment, start: number, zone: string, range: { from: number; to: number }): string {
  const began = Date.parse(startsAt)
  if (began < range.from) return `since ${formatTime(startsAt, zone)}`
  return range.to - range.from === 86_400_000 && began < range.to ? formatMinutes(start) : formatTime(startsAt, zone)
}

/** The hours to show: the location's, in whole hours, and more where an appointment lies outside of them. */
export function findHours(location: Pick<Location, 'opensAt' | 'closesAt'>, columns: readonly Column[]): Hours {
  const opens = parseClock(location.opensAt) ?? 480
  const closes = parseClock(location.closesAt) ?? 1020
  let [start, end] = [opens, closes]
  for (const { cards } of columns)
    for (const card of cards) {
      start = Math.min(start, card.start)
      end = Math.max(end, card.end)
    }
  return {
    start: Math.floor(start / 60) * 60,
    end: Math.ceil(end / 60) * 60,
    opens,
    closes,
  }
}

/**
 * The new columns, with the old objects wherever nothing has changed: what is the same object is not rendered again. One moved
 * appointment then costs two columns, not all of them.
 */
export function shareColumns(before: readonly Column[], after: readonly Column[]): Column[] {
  const old = new Map(before.map((column) => [column.provider.id, column]))
  return after.map((column) => {
    const same = old.get(column.provider.id)
    if (!same || same.provider !== column.provider || same.cards.length !== column.cards.length) return column
    return column.cards.every((card, index) => isSameCard(card, same.cards[index]!)) ? same : column
  })
}

function isSameCard(a: Card, b: Card): boolean {
  return (
    a.appointment === b.appointment &&
    a.start === b.start &&
    a.end === b.end &&
    a.time === b.time &&
    a.left === b.left &&
    a.width === b.width
  )
}
