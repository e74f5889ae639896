import { expect, it } from 'vitest'
import { formatAge, todayHere } from './patient-names.ts'

it.each([
  ['1956-03-12', '2026-03-11', '69 years'],
  ['1956-03-12', '2026-03-12', '70 years'],
  ['2024-02-29', '2026-02-28', '23 months'],
  ['2024-02-29', '2026-03-01', '2 years'],
  ['2026-01-31', '2026-03-02', '1 month'],
  ['2026-02-20', '2026-03-02', '10 days'],
  ['2026-03-01', '2026-03-02', '1 day'],
  ['2026-03-02', '2026-03-02', '0 days'],
  ['2026-03-03', '2026-03-02', 'not born yet'],
])('born %s is on %s: %s', (born, today, age) => {
  expect(formatAge(born, today)).toBe(age)
})

it('today is the day of this computer’s calendar, not of UTC', () => {
  expect(todayHere(new Date(2026, 0, 5, 23, 59))).toBe('2026-01-05')
})
