import { describe, expect, it } from 'vitest'
import { faker } from '@faker-js/faker/locale/en'
import { Id } from '@derm/contract'
import { addDays, localDate, startOfDay, weekday } from './local-day.ts'
import { makePatients, makeProviders } from './people.ts'
import { PRACTICES } from './practices.ts'
import { makeAppointments } from './schedule.ts'
import { getSeedIds } from './seed-ids.ts'

const span = { firstDay: -2, lastDay: 2, untilMinute: 24 * 60 }

function generate(now: Date, practice = PRACTICES[0]!, days = span) {
  faker.seed(1)
  const providers = makeProviders(faker, practice, 5)
  const patients = makePatients(faker, practice, 50, '2026-11-25')
  const ids = patients.map((patient) => patient.id)
  return { providers, patients, appointments: makeAppointments(faker, practice, providers, ids, now, days) }
}

describe('the seed', () => {
  it('makes the same rows for the same instant', () => {
    const now = new Date('2026-11-25T16:30:00Z')
    expect(generate(now)).toEqual(generate(now))
  })

  it('books no provider twice', () => {
    const { appointments } = generate(new Date('2026-11-25T16:30:00Z'))
    const sorted = appointments.toSorted((a, b) =>
      `${a.provider_id}${a.starts_at}`.localeCompare(`${b.provider_id}${b.starts_at}`),
    )
    const overlaps = sorted.filter((row, index) => {
      const before = sorted[index - 1]
      return before?.provider_id === row.provider_id && row.starts_at < before.ends_at
    })
    expect(sorted.length).toBeGreaterThan(100)
    expect(overlaps).toEqual([])
  })

  it.each(['00:10', '03:00', '07:00', '12:00', '16:50', '23:30'])(
    'leaves somebody to check in, also at %s in Chicago',
    (clock) => {
      const { appointments } = generate(new Date(startOfDay('2026-11-25', 'America/Chicago') + minutes(clock)))
      const today = appointments.filter((row) => localDate(new Date(row.starts_at), 'America/Chicago') === '2026-11-25')
      for (const status of ['confirmed', 'scheduled']) expect(today.map((row) => row.status)).toContain(status)
    },
  )

  it('has statuses that fit the clock, at every hour and in every time zone', () => {
    for (const home of PRACTICES)
      for (let hour = 0; hour < 24; hour += 2) {
        const now = new Date(Date.parse('2026-11-25T00:20:00Z') + hour * 3_600_000)
        const early = (row: { starts_at: string; ends_at: string; status: string }) => {
          if (row.status === 'completed' || row.status === 'no_show') return new Date(row.ends_at) > now
          if (row.status === 'roomed') return new Date(row.starts_at) > now
          // A patient may be there half an hour before.
          return row.status === 'checked_in' && Date.parse(row.starts_at) > now.getTime() + 30 * 60_000
        }
        const { appointments } = generate(now, home, { ...span, firstDay: -1, lastDay: 1 })
        expect(appointments.filter(early), now.toISOString()).toEqual([])
        const yesterday = appointments.filter((row) => Date.parse(row.ends_at) < now.getTime() - 12 * 3_600_000)
        expect(new Set(yesterday.map((row) => row.status))).toEqual(new Set(['completed', 'cancelled', 'no_show']))
      }
  })

  it('does not leave the board empty on a Sunday', () => {
    const { appointments } = generate(new Date('2026-11-29T18:00:00Z'))
    expect(appointments.filter((row) => row.starts_at.startsWith('2026-11-29')).length).toBeGreaterThan(50)
    expect(appointments.filter((row) => row.starts_at.startsWith('2026-11-28'))).toEqual([])
  })

  it('gives every id the form that the contract asks for', () => {
    const { lakeside, summit } = getSeedIds()
    const ids = [lakeside, summit].flatMap((tenant) => [
      tenant.tenantId,
      ...tenant.patientIds,
      ...Object.values(tenant.users).map((user) => user.id),
      ...Object.values(tenant.locations).flatMap((location) => [
        location.id,
        ...location.roomIds,
        ...location.providerIds,
      ]),
    ])
    for (const id of ids) expect(Id.safeParse(id).success).toBe(true)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('a location’s own clock', () => {
  it.each([
    ['2026-07-01', 'America/Chicago', '2026-07-01T05:00:00.000Z'],
    ['2026-12-01', 'America/Chicago', '2026-12-01T06:00:00.000Z'],
    ['2026-07-01', 'America/Phoenix', '2026-07-01T07:00:00.000Z'],
    ['2026-07-01', 'Asia/Kolkata', '2026-06-30T18:30:00.000Z'],
    ['2026-07-01', 'Pacific/Auckland', '2026-06-30T12:00:00.000Z'],
  ])('%s in %s begins at %s', (date, timeZone, instant) => {
    expect(new Date(startOfDay(date, timeZone)).toISOString()).toBe(instant)
  })

  it('knows weekdays, over the end of a month and of a year', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(weekday('2026-11-23')).toBe(1)
  })
})

function minutes(clock: string): number {
  const [hour, minute] = clock.split(':').map(Number)
  return (hour! * 60 + minute!) * 60_000
}
