import type { Appointment, AppointmentStatus, Provider } from '@derm/contract'
import { describe, expect, it } from 'vitest'
import { buildColumns, findHours, minutesOf, shareColumns } from './board-model.ts'

const zone = 'America/Chicago'
const date = '2026-11-23'
const provider = (id: string) => ({ id, displayName: id, specialty: '', locationIds: [] }) as Provider
const make = (
  id: string,
  providerId: string,
  startsAt: string,
  endsAt: string,
  status: AppointmentStatus = 'scheduled',
) => ({ id, providerId, startsAt, endsAt, status }) as Appointment
const at = (clock: string) => `2026-11-23T${clock}:00.000Z`

describe('the columns of a day', () => {
  const day = [
    make('late', 'a', at('17:00'), at('17:30')),
    make('early', 'a', at('15:00'), at('15:15')),
    make('gone', 'b', at('15:00'), at('15:15')),
  ]
  it('place each appointment with its provider, in the time of the location, in the order of time', () => {
    const [first, second] = buildColumns([provider('a'), provider('b')], day, date, zone)
    expect(first!.cards.map(({ appointment, start, end }) => [appointment.id, start, end])).toEqual([
      ['early', 540, 555],
      ['late', 660, 690],
    ])
    expect(second!.cards).toHaveLength(1)
  })
  it('leave out what belongs to a provider who is not shown', () => {
    expect(buildColumns([provider('b')], day, date, zone).flatMap(({ cards }) => cards)).toHaveLength(1)
  })
  it('give even the shortest visit room for a line of text', () => {
    const [column] = buildColumns([provider('a')], [make('x', 'a', at('15:00'), at('15:05'))], date, zone)
    expect(column!.cards[0]!.end - column!.cards[0]!.start).toBe(10)
  })
  it('[SCH1] show of a visit over midnight what reaches into the day, and when it began', () => {
    const visit = make('night', 'a', '2026-11-23T05:30:00.000Z', '2026-11-23T07:00:00.000Z')
    const [column] = buildColumns([provider('a')], [visit], date, zone)
    expect(column!.cards).toMatchObject([{ start: 0, end: 60, time: 'since 11:30 PM' }])
  })
  it('[SCH3] name the zone of a time that the wall shows twice', () => {
    const visits = [
      make('one', 'a', '2026-11-01T06:30:00.000Z', '2026-11-01T06:45:00.000Z'),
      make('two', 'a', '2026-11-01T07:30:00.000Z', '2026-11-01T07:45:00.000Z'),
      make('three', 'a', '2026-11-01T15:00:00.000Z', '2026-11-01T15:15:00.000Z'),
    ]
    const [column] = buildColumns([provider('a')], visits, '2026-11-01', zone)
    expect(column!.cards.map(({ time }) => time)).toEqual(['1:30 AM CDT', '1:30 AM CST', '9:00 AM'])
  })
  it('cut at midnight what reaches beyond the day', () => {
    expect(minutesOf({ startsAt: '2026-11-24T05:30:00.000Z', endsAt: '2026-11-24T07:00:00.000Z' }, date, zone)).toEqual(
      { start: 1410, end: 1440 },
    )
  })
})

describe('the hours of the board', () => {
  const location = { opensAt: '07:30', closesAt: '16:30' }
  it('are the location’s, in whole hours', () => {
    expect(findHours(location, [])).toEqual({ start: 420, end: 1020, opens: 450, closes: 990 })
  })
  it('grow for an appointment outside of them: nothing booked is out of sight', () => {
    const columns = buildColumns(
      [provider('a')],
      [
        make('x', 'a', at('12:15'), at('12:30')),
        make('y', 'a', '2026-11-24T00:10:00.000Z', '2026-11-24T00:40:00.000Z'),
      ],
      date,
      zone,
    )
    expect(findHours(location, columns)).toMatchObject({ start: 360, end: 1140 })
  })
})

describe('columns after a change', () => {
  const providers = [provider('a'), provider('b')]
  const day = [make('x', 'a', at('15:00'), at('15:15')), make('y', 'b', at('15:00'), at('15:15'))]
  it('are the same objects where nothing has changed', () => {
    const before = buildColumns(providers, day, date, zone)
    const moved = [day[0]!, make('y', 'b', at('16:00'), at('16:15'))]
    const after = shareColumns(before, buildColumns(providers, moved, date, zone))
    expect(after[0]).toBe(before[0])
    expect(after[1]).not.toBe(before[1])
    expect(after[1]!.cards[0]!.start).toBe(600)
  })
  it('place a card by the wall on a day with a change of clocks too', () => {
    const early = make('z', 'a', '2026-11-01T15:00:00.000Z', '2026-11-01T15:30:00.000Z')
    expect(buildColumns(providers, [early], '2026-11-01', zone)[0]!.cards[0]).toMatchObject({ start: 540, end: 570 })
  })
})
