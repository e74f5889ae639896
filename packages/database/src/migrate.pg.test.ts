import pg from 'pg'
import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { createRoles, migrate } from './index.ts'
import { diffWithSchema } from './schema-folder.ts'
import { restoreCopy, useTestDatabase } from '@derm/local-servers/testing'

const db = useTestDatabase()
const migrations = new URL('../prisma/migrations/', import.meta.url)

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  await client.connect()
  return work(client).finally(() => client.end())
}
const withOwner = <T>(work: (client: pg.Client) => Promise<T>) => withClient(db.ownerUrl, work)

it('applies every migration once, and says so where Prisma looks', async () => {
  expect(await migrate(db.ownerUrl)).toEqual([])
  const names = (await readdir(migrations)).filter((name) => /^\d/.test(name)).toSorted()
  const { rows } = await withOwner((client) =>
    client.query('SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY 1'),
  )
  expect(rows.map((row) => row.migration_name)).toEqual(names)
})

it('lets pods that start together take turns, on an empty database', async () => {
  await withClient(db.superuserUrl, (client) => client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public'))
  await createRoles(db.superuserUrl, passwords())
  const applied = await Promise.all([migrate(db.ownerUrl), migrate(db.ownerUrl), migrate(db.ownerUrl)])
  expect(applied.map((names) => names.length).toSorted()).toEqual([0, 0, applied.flat().length])
  expect(new Set(applied.flat()).size).toBe(applied.flat().length)
})

it('creates roles any number of times, also at once', async () => {
  await Promise.all(Array.from({ length: 4 }, () => createRoles(db.superuserUrl, passwords())))
  await expect(withOwner((client) => client.query('SELECT 1'))).resolves.toBeDefined()
})

describe('the migrations made what the schema says', () => {
  it('nothing is left to change', async () => {
    expect(await diffWithSchema(db.ownerUrl)).toBeNull()
  })

  it.each([
    ['a column', 'ALTER TABLE patients DROP COLUMN phone', 'ADD COLUMN     "phone"'],
    ['a column’s type', 'ALTER TABLE patients ALTER COLUMN phone TYPE varchar(40)', 'SET DATA TYPE TEXT'],
    ['an index', 'DROP INDEX audit_log_tenant_id_at_id_idx', 'CREATE INDEX "audit_log_tenant_id_at_id_idx"'],
    ['a foreign key', 'ALTER TABLE rooms DROP CONSTRAINT rooms_tenant_id_location_id_fkey', 'ADD CONSTRAINT "rooms_'],
    ['a value', `ALTER TYPE sex ADD VALUE 'another'`, 'CREATE TYPE "sex_new"'],
  ])('%s that differs is seen', async (_, change, sql) => {
    const copy = await restoreCopy(db)
    try {
      await withClient(copy.ownerUrl, (client) => client.query(change))
      expect(await diffWithSchema(copy.ownerUrl)).toContain(sql)
    } finally {
      await copy.drop()
    }
  })
})

/** The passwords that the test's urls carry: other files of the run use the same roles. */
function passwords() {
  const of = (url: string) => new URL(url).password
  return {
    owner: of(db.ownerUrl),
    api: of(db.apiUrl),
    relay: of(db.relayUrl),
    realtime: of(db.realtimeUrl),
    jobs: of(db.jobsUrl),
  }
}
