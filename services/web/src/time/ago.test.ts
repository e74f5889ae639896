import { expect, it } from 'vitest'
import { daysBetween, formatDaysAgo } from './ago.ts'

const daysAgo = (from: string, to: string) => formatDaysAgo(daysBetween(Date.parse(from), Date.parse(to)))

it.each([
  ['2026-03-02T23:30:00', '2026-03-03T00:30:00', 'yesterday'],
  ['2026-03-02T00:10:00', '2026-03-02T23:50:00', 'today'],
  ['2026-03-02T23:30:00', '2026-03-04T00:10:00', '2 days ago'],
  // Over the change of the clocks, where there is one.
  ['2026-03-01T12:00:00', '2026-04-01T11:00:00', '31 days ago'],
  ['2026-10-20T12:00:00', '2026-11-10T12:00:00', '21 days ago'],
  // Clocks differ.
  ['2026-03-03T00:00:05', '2026-03-02T23:59:59', 'today'],
])('%s, at %s, was %s: by the calendar, not by blocks of 24 hours', (from, to, words) => {
  expect(daysAgo(from, to)).toBe(words)
})
