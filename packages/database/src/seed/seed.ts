import { SESSION_OPTIONS } from '@derm/core/postgres'
import pg from 'pg'
import { PRACTICES, SEED_PASSWORD, type SeedPractice } from './practices.ts'
import { createContext, startFaker, type SeedSize, type SeedVisit } from './seeder.ts'
import { SEEDERS } from './seeders.ts'

/**
 * - `full`: what people look at. Five providers in each location, 2,100 patients, the eight weeks around `today`.
 * - `small`: for tests. Two providers in each location, 80 patients, today and the six days after it, mornings only: afternoons are free.
 * `today`: the instant from which past, today and to come are reckoned. The same instant makes the same rows.
 */
export type SeedOptions = { size: SeedSize; today?: Date }

/**
 * Fills what is empty of two practices, table by table: all of an empty database; of one that an earlier version filled, the tables that
 * it did not have. A table with rows is left alone. Writes no events: nobody is watching yet.
 * `ownerUrl`: derm_owner. Answers what it filled, as `practice/table`.
 */
export async function seed(ownerUrl: string, { size, today: now = new Date() }: SeedOptions): Promise<string[]> {
  const client = new pg.Client({ connectionString: ownerUrl, options: SESSION_OPTIONS })
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock(7104, 2)')
    const filled: string[] = []
    for (const practice of PRACTICES) {
      const tables = await fillPractice(client, practice, { size, now })
      filled.push(...tables.map((table) => `${practice.key}/${table}`))
    }
    await client.query('COMMIT')
    if (filled.length > 0) await client.query('ANALYZE')
    return filled
  } finally {
    await client.end()
  }
}

async function fillPractice(
  client: pg.Client,
  practice: SeedPractice,
  { size, now }: { size: SeedSize; now: Date },
): Promise<string[]> {
  // Also the owner sees only the tenant that it has named.
  await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [practice.id])
  const empty = []
  for (const seeder of SEEDERS) if (await isEmpty(client, seeder.table, practice)) empty.push(seeder)
  if (empty.length === 0) return []
  const { faker } = await import('@faker-js/faker/locale/en')
  const context = createContext(
    { faker, practice, size, now },
    {
      patientIds: () => readIds(client, 'patients', practice),
      visits: () => readVisits(client, practice, now),
      passwordHash: hashSeedPassword,
    },
  )
  for (const { table, rows } of empty) {
    startFaker(faker, practice, table)
    await insert(client, table, await rows(context))
  }
  return empty.map(({ table }) => table)
}

/** The tenant is asked for: the owner sees some tables' rows of all tenants. */
async function isEmpty(client: pg.Client, table: string, practice: SeedPractice): Promise<boolean> {
  const column = table === 'tenants' ? 'id' : 'tenant_id'
  return (await client.query(`SELECT FROM ${table} WHERE ${column} = $1 LIMIT 1`, [practice.id])).rows.length === 0
}

async function readIds(client: pg.Client, table: string, practice: SeedPractice): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(`SELECT id FROM ${table} WHERE tenant_id = $1 ORDER BY id`, [
    practice.id,
  ])
  return rows.map(({ id }) => id)
}

async function readVisits(client: pg.Client, practice: SeedPractice, now: Date): Promise<SeedVisit[]> {
  const { rows } = await client.query<SeedVisit>(
    `SELECT id, location_id AS "locationId", patient_id AS "patientId" FROM appointments
     WHERE tenant_id = $1 AND status = 'scheduled' AND starts_at > $2 ORDER BY id`,
    [practice.id, now],
  )
  return rows
}

let passwordHash: Promise<string> | undefined
/** One for all accounts: it takes long by design. */
function hashSeedPassword(): Promise<string> {
  return (passwordHash ??= import('@node-rs/argon2').then(({ hash }) => hash(SEED_PASSWORD)))
}

/** All rows in one statement. */
async function insert(client: pg.Client, table: string, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).join(', ')
  await client.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1::json)`,
    [JSON.stringify(rows)],
  )
}
