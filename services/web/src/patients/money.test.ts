import { expect, it } from 'vitest'
import { formatCents, parseCents } from './money.ts'

it.each([
  ['25', 2500],
  ['25.5', 2550],
  ['25.05', 2505],
  ['$1,250.00', 125_000],
  [' 0.29 ', 29],
  ['0', null],
  ['-5', null],
  ['1.234', null],
  ['', null],
  ['ten', null],
])('%j is %j cents', (text, cents) => {
  expect(parseCents(text)).toBe(cents)
})

it('a sum is written as its currency is', () => {
  expect(formatCents(125_005, 'USD')).toBe('$1,250.05')
  expect(formatCents(-500, 'USD')).toBe('-$5.00')
})
