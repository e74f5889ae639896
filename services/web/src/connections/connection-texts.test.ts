import { expect, it } from 'vitest'
import { formatAge, formatChannels } from './connection-texts.ts'

it('says how old something is, and never less than nothing', () => {
  const now = Date.parse('2027-01-10T12:00:00Z')
  const ages = [
    '2027-01-10T12:00:05Z',
    '2027-01-10T11:59:18Z',
    '2027-01-10T11:50:00Z',
    '2027-01-09T11:00:00Z',
    '2027-01-01T00:00:00Z',
  ]
  expect(ages.map((at) => formatAge(at, now))).toEqual(['0 s', '42 s', '10 min', '25 h', '9 days'])
})

it('counts channels by topic, and says what the list leaves out', () => {
  expect(formatChannels(['l:a/scheduling', 'l:b/scheduling', 't/patients'], 5)).toBe('scheduling (2), patients, 2 more')
  expect(formatChannels([], 0)).toBe('follows nothing')
})
