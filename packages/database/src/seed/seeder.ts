import type { Faker } from '@faker-js/faker'
import { localDate, weekday } from './local-day.ts'
import { makeProviders, type SeedProvider } from './people.ts'
import type { SeedPractice } from './practices.ts'
import type { Span } from './schedule.ts'

export type SeedSize = 'full' | 'small'

/** What a seeder may build on: everything that stands before it in the list is there. */
export type SeedContext = {
  practice: SeedPractice
  size: SeedSize
  /** The instant from which past, today and to come are reckoned, and its date in the practice's first location. */
  now: Date
  today: string
  /** Begins anew for each table, so that a table's rows are the same whichever others are filled with it. */
  faker: Faker
  providers: readonly SeedProvider[]
  /** Those that are in the database. */
  patientIds: () => Promise<readonly string[]>
  /** Booked, and to come; those that are in the database. */
  visits: () => Promise<readonly SeedVisit[]>
  passwordHash: () => Promise<string>
}
export type SeedVisit = { id: string; locationId: string; patientId: string }

type Row = Record<string, unknown>
export type Seeder = { table: string; rows: (context: SeedContext) => Row[] | Promise<Row[]> }

/** Fills one table of one practice, when it is empty. Each row has the first one's columns; the others take their defaults. */
export function defineSeeder(table: string, rows: Seeder['rows']): Seeder {
  return { table, rows }
}

export const COUNTS = {
  full: { providers: 5, patients: { lakeside: 1200, summit: 900 }, waitlist: 12, recalls: 15 },
  small: { providers: 2, patients: { lakeside: 40, summit: 40 }, waitlist: 3, recalls: 3 },
} as const

/** Eight whole weeks, this one the fifth; or a week of mornings. */
export function spanOf({ size, today }: Pick<SeedContext, 'size' | 'today'>): Span {
  if (size === 'small') return { firstDay: 0, lastDay: 6, untilMinute: 12 * 60 }
  const monday = -((weekday(today) + 6) % 7)
  return { firstDay: monday - 28, lastDay: monday + 27, untilMinute: 24 * 60 }
}

/** Puts a faker back to where it begins for a practice's table. */
export function startFaker(faker: Faker, practice: SeedPractice, table: string): Faker {
  faker.seed([...`${practice.key}/${table}`].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2 ** 31, 7))
  return faker
}

export function createContext(
  { faker, practice, size, now }: Pick<SeedContext, 'faker' | 'practice' | 'size' | 'now'>,
  sources: Pick<SeedContext, 'patientIds' | 'visits' | 'passwordHash'>,
): SeedContext {
  return {
    practice,
    size,
    now,
    today: localDate(now, practice.locations[0]?.timeZone ?? 'UTC'),
    faker,
    providers: makeProviders(startFaker(faker, practice, 'providers'), practice, COUNTS[size].providers),
    ...sources,
  }
}
