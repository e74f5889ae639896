import { describe, expect, it } from 'vitest'
import {
  addDays,
  dayRange,
  formatMinutes,
  formatTime,
  instantsOf,
  isDate,
  parseClock,
  toClock,
  toInstant,
  toWallTime,
  turnOf,
  todayIn,
  zoneName,
} from './zone-time.ts'

const chicago = 'America/Chicago'

describe('the time of a location', () => {
  it('shows an instant as the clock on its wall, whatever the zone of this machine', () => {
    expect(toWallTime('2026-11-23T15:30:00.000Z', chicago)).toEqual({
      date: '2026-11-23',
      minutes: 570,
    })
    expect(toWallTime('2026-11-24T03:30:00.000Z', chicago)).toEqual({
      date: '2026-11-23',
      minutes: 1290,
    })
    expect(toWallTime('2026-11-23T06:00:00.000Z', chicago)).toEqual({
      date: '2026-11-23',
      minutes: 0,
    })
  })
  it('comes back from the wall to the same instant, in winter and in summer', () => {
    for (const instant of ['2026-01-05T14:45:00.000Z', '2026-07-05T14:45:00.000Z', '2026-11-23T00:00:00.000Z'])
      for (const zone of [chicago, 'America/Denver', 'America/Phoenix', 'Asia/Kolkata', 'UTC'])
        expect(toInstant(toWallTime(instant, zone), zone)).toBe(instant)
  })
  it('gives a day of 25 hours when the clocks go back, and of 23 when they go forward', () => {
    const hours = ({ from, to }: { from: string; to: string }) => (Date.parse(to) - Date.parse(from)) / 3_600_000
    expect(hours(dayRange('2026-11-01', chicago))).toBe(25)
    expect(hours(dayRange('2026-03-08', chicago))).toBe(23)
    expect(dayRange('2026-11-23', chicago)).toEqual({
      from: '2026-11-23T06:00:00.000Z',
      to: '2026-11-24T06:00:00.000Z',
    })
  })
  it('moves a time that the clocks skip to the one after, and takes the first of a time that comes twice', () => {
    expect(toInstant({ date: '2026-03-08', minutes: 150 }, chicago)).toBe('2026-03-08T08:30:00.000Z')
    expect(toInstant({ date: '2026-11-01', minutes: 90 }, chicago)).toBe('2026-11-01T06:30:00.000Z')
  })
  it('[SCH3] tells the two apart where the wall shows a time twice', () => {
    const wall = { date: '2026-11-01', minutes: 90 }
    expect(toInstant(wall, chicago, 'second')).toBe('2026-11-01T07:30:00.000Z')
    expect(instantsOf(wall, chicago).map((instant) => formatTime(instant, chicago))).toEqual([
      '1:30 AM CDT',
      '1:30 AM CST',
    ])
    expect(instantsOf(wall, chicago).map((instant) => turnOf(instant, chicago))).toEqual(['first', 'second'])
    expect(turnOf('2026-07-01T15:00:00.000Z', chicago)).toBe('first')
    expect(instantsOf({ date: '2026-11-01', minutes: 180 }, chicago)).toHaveLength(1)
    expect(instantsOf({ date: '2026-03-08', minutes: 150 }, chicago)).toEqual([])
    expect(formatTime('2026-11-02T07:30:00.000Z', chicago)).toBe('1:30 AM')
  })
  it('puts an appointment of the day after a change of clocks at the wall time that was asked for', () => {
    expect(toWallTime(toInstant({ date: '2026-03-08', minutes: 540 }, chicago), chicago)).toEqual({
      date: '2026-03-08',
      minutes: 540,
    })
    expect(toWallTime(toInstant({ date: '2026-11-01', minutes: 540 }, chicago), chicago)).toEqual({
      date: '2026-11-01',
      minutes: 540,
    })
  })
  it('knows the location’s today, which is not always this machine’s', () => {
    expect(todayIn(chicago, Date.parse('2026-11-23T03:00:00Z'))).toBe('2026-11-22')
    expect(todayIn('Asia/Tokyo', Date.parse('2026-11-23T20:00:00Z'))).toBe('2026-11-24')
  })
  it('reads and writes clock times and dates', () => {
    expect([parseClock('09:05'), parseClock('9:05'), parseClock('24:00'), parseClock('x')]).toEqual([
      545,
      545,
      null,
      null,
    ])
    expect([toClock(545), toClock(1440), formatMinutes(0), formatMinutes(545), formatMinutes(780)]).toEqual([
      '09:05',
      '00:00',
      '12:00 AM',
      '9:05 AM',
      '1:00 PM',
    ])
    expect([addDays('2026-02-28', 1), addDays('2026-01-01', -1)]).toEqual(['2026-03-01', '2025-12-31'])
    expect([isDate('2026-02-30'), isDate('2026-02-28'), isDate('today'), isDate(7)]).toEqual([
      false,
      true,
      false,
      false,
    ])
    expect([zoneName(chicago, '2026-11-23'), zoneName(chicago, '2026-07-01')]).toEqual(['CST', 'CDT'])
  })
})
