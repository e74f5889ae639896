import pg from 'pg'
import { PRACTICES, SEED_PASSWORD, type SeedPractice } from './practices.ts'
import { makePatients, makeProviders } from './people.ts'
import { makeAppointments, type Span } from './schedule.ts'
import { makeWaitlist } from './waitlist.ts'
import { localDate, weekday } from './local-day.ts'

/**
 * - `full`: what people look at. Five providers in each location, 2,100 patients, the eight weeks around `today`.
 * - `small`: for tests. Two providers in each location, 80 patients, today and the six days after it, mornings only: afternoons are free.
 * `today`: the instant from which past, today and to come are reckoned. The same instant makes the same rows.
 */
export type SeedOptions = { size: 'full' | 'small'; today?: Date }

const SIZES = {
  full: { providers: 5, patients: { lakeside: 1200, summit: 900 }, waitlist: 12 },
  small: { providers: 2, patients: { lakeside: 40, summit: 40 }, waitlist: 3 },
} as const

/**
 * Fills an empty database with two practices; leaves one that has them alone. Writes no events: nobody is watching yet.
 * `ownerUrl`: derm_owner. Answers whether it wrote.
 */
export async function seed(ownerUrl: string, { size, today: now = new Date() }: SeedOptions): Promise<boolean> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock(7104, 2)')
    const passwordHash =
      PRACTICES[0] && (await hasPractice(client, PRACTICES[0])) ? undefined : await hashSeedPassword()
    if (passwordHash !== undefined)
      for (const practice of PRACTICES) await insertPractice(client, practice, { size, now, passwordHash })
    await client.query('COMMIT')
    if (passwordHash !== undefined) await client.query('ANALYZE')
    return passwordHash !== undefined
  } finally {
    await client.end()
  }
}

/** Also the owner sees only the tenant that it has named. */
async function nameTenant(client: pg.Client, practice: SeedPractice): Promise<void> {
  await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [practice.id])
}

async function hasPractice(client: pg.Client, practice: SeedPractice): Promise<boolean> {
  await nameTenant(client, practice)
  return (await client.query('SELECT FROM tenants WHERE id = $1', [practice.id])).rows.length > 0
}

async function hashSeedPassword(): Promise<string> {
  const { hash } = await import('@node-rs/argon2')
  return hash(SEED_PASSWORD)
}

async function insertPractice(
  client: pg.Client,
  practice: SeedPractice,
  { size, now, passwordHash }: { size: 'full' | 'small'; now: Date; passwordHash: string },
): Promise<void> {
  const { faker } = await import('@faker-js/faker/locale/en')
  faker.seed([...practice.key].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7))
  const counts = SIZES[size]
  const today = localDate(now, practice.locations[0]?.timeZone ?? 'UTC')
  const providers = makeProviders(faker, practice, counts.providers)
  const patients = makePatients(faker, practice, counts.patients[practice.key as 'lakeside' | 'summit'], today)
  const patientIds = patients.map((patient) => patient.id)

  await nameTenant(client, practice)
  await insert(client, 'tenants', [{ id: practice.id, name: practice.name }])
  await insert(
    client,
    'locations',
    practice.locations.map(({ id, name, timeZone, opensAt, closesAt }) => ({
      id,
      tenant_id: practice.id,
      name,
      time_zone: timeZone,
      opens_at: opensAt,
      closes_at: closesAt,
    })),
  )
  await insert(
    client,
    'rooms',
    practice.locations.flatMap((location) =>
      location.rooms.map((room) => ({ ...room, tenant_id: practice.id, location_id: location.id })),
    ),
  )
  await insert(
    client,
    'providers',
    providers.map(({ id, displayName, specialty }) => ({
      id,
      tenant_id: practice.id,
      display_name: displayName,
      specialty,
    })),
  )
  await insert(
    client,
    'provider_locations',
    providers.flatMap((provider) =>
      [...new Set([provider.location, provider.fridays])].map((at) => ({
        tenant_id: practice.id,
        provider_id: provider.id,
        location_id: practice.locations[at]?.id,
      })),
    ),
  )
  await insert(
    client,
    'users',
    practice.users.map(({ id, email, displayName, key }) => ({
      id,
      tenant_id: practice.id,
      email,
      display_name: displayName,
      password_hash: passwordHash,
      provider_id: key === 'provider' ? providers[0]?.id : null,
    })),
  )
  await insert(
    client,
    'user_access',
    practice.users.map((user) => ({
      user_id: user.id,
      tenant_id: practice.id,
      version: 1,
      active: true,
      grants: (user.locationKeys ?? [null]).map((key) => ({
        role: user.role,
        locationId: practice.locations.find((location) => location.key === key)?.id ?? null,
      })),
      locations: practice.locations.map((location) => location.id),
      ended_sessions: [],
    })),
  )
  await insert(client, 'patients', patients)
  await insert(
    client,
    'appointments',
    makeAppointments(faker, practice, providers, patientIds, now, spanOf(size, today)),
  )
  await insert(client, 'waitlist_entries', makeWaitlist(faker, practice, providers, patientIds, now, counts.waitlist))
}

/** Eight whole weeks, this one the fifth; or a week of mornings. */
function spanOf(size: 'full' | 'small', today: string): Span {
  if (size === 'small') return { firstDay: 0, lastDay: 6, untilMinute: 12 * 60 }
  const monday = -((weekday(today) + 6) % 7)
  return { firstDay: monday - 28, lastDay: monday + 27, untilMinute: 24 * 60 }
}

/** All rows in one statement. Each row has the first one's columns; the others take their defaults. */
async function insert(client: pg.Client, table: string, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).join(', ')
  await client.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1::json)`,
    [JSON.stringify(rows)],
  )
}
