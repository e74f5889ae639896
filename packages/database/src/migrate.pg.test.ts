import pg from 'pg'
import { readFile, readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { createRoles, migrate } from './index.ts'
import { withSchemaEngine } from './schema-engine.ts'
import { useTestDatabase } from '@derm/local-servers/testing'

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

it('the migrations made what the schema says', async () => {
  const content = await readFile(new URL('../prisma/schema.prisma', import.meta.url), 'utf8')
  const { stdout } = await withSchemaEngine(db.ownerUrl, (engine) =>
    engine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    }),
  )
  // Prisma's own comparison stumbles over the exclusion constraint; so its tables are built beside ours.
  await withOwner(async (client) => {
    await client.query('CREATE SCHEMA said; SET search_path = said')
    await client.query((stdout ?? '').replaceAll('"public"', 'said'))
    const columns = (schema: string) =>
      client.query(
        `SELECT table_name, column_name, udt_name, datetime_precision, is_nullable FROM information_schema.columns
         WHERE table_schema = $1 AND table_name !~ '^(_prisma_migrations|events_.*)$' ORDER BY 1, 2`,
        [schema],
      )
    const said = await columns('said')
    expect(said.rows.length).toBeGreaterThan(100)
    expect((await columns('public')).rows).toEqual(said.rows)
    const indexes = async (schema: string) => {
      const { rows } = await client.query('SELECT indexdef FROM pg_indexes WHERE schemaname = $1', [schema])
      return rows
        .map(({ indexdef }) => String(indexdef).replaceAll(`${schema}.`, '').replace(' ON ONLY ', ' ON '))
        .toSorted()
    }
    expect(await indexes('public')).toEqual(expect.arrayContaining(await indexes('said')))
  })
})

/** The passwords that the test's urls carry: other files of the run use the same roles. */
function passwords() {
  const of = (url: string) => new URL(url).password
  return { owner: of(db.ownerUrl), api: of(db.apiUrl), relay: of(db.relayUrl), realtime: of(db.realtimeUrl) }
}
