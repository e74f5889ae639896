import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { migrate } from './migrate.ts'
import { diffWithSchema, PRISMA_FOLDER } from './schema-folder.ts'

export type NewMigration = { path: string; sql: string; checks: string[] }
export type MigrationRequest = {
  /** Of a database that may be thrown away: the migrations so far are applied to it. As derm_owner. */
  ownerUrl: string
  name: string
  now: Date
  folder?: URL
}

/** Says to whoever called for a migration what is to be done instead. */
export class MigrationRefused extends Error {}

/** @throws MigrationRefused */
export function requireMigrationName(name: string): void {
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name) || name.length > 60)
    throw new MigrationRefused(
      `A migration's name is lower-case words joined by underscores, up to 60 characters: npm run migration -- add_claims`,
    )
}

/**
 * Writes the migration that takes the database to what the schema folder says: Prisma's SQL and, for each new table of a tenant, its wall.
 * @throws MigrationRefused for a bad name, or when there is nothing to write.
 */
export async function writeMigration({
  ownerUrl,
  name,
  now,
  folder = PRISMA_FOLDER,
}: MigrationRequest): Promise<NewMigration> {
  requireMigrationName(name)
  await migrate(ownerUrl, folder)
  const changes = await diffWithSchema(ownerUrl, folder)
  if (changes === null)
    throw new MigrationRefused('There is nothing to write: the migrations already make what the schema folder says.')
  const walls = toWalls(changes)
  const sql = [changes, ...walls.map((wall) => wall.sql)].join('\n\n') + '\n'
  const home = new URL(`migrations/${await nextTimestamp(folder, now)}_${name}/`, folder)
  await mkdir(home)
  const file = new URL('migration.sql', home)
  await writeFile(file, sql)
  return { path: fileURLToPath(file), sql, checks: [...walls.map((wall) => wall.check), ...toWarnings(changes)] }
}

type Wall = { sql: string; check: string }

function toWalls(sql: string): Wall[] {
  return [...sql.matchAll(/^CREATE TABLE "(\w+)" \(\n(.*?)^\);/gms)].map(([, table = '', columns = '']) =>
    /^ +"tenant_id" UUID NOT NULL/m.test(columns)
      ? {
          sql: `SELECT build_tenant_wall('${table}', 'SELECT, INSERT, UPDATE');`,
          check: `${table}: take from its privileges what the API does not need; add its line to packages/database/src/testing/table-walls.ts.`,
        }
      : {
          sql: `-- ${table} has no tenant_id: say here who may see it.`,
          check: `${table} has no column tenant_id (uuid, not null): give it one, or write its policies and grants by hand.`,
        },
  )
}

/** What a migration does that deserves a second look. */
function toWarnings(sql: string): string[] {
  const isNew = (table: string | undefined) => sql.includes(`CREATE TABLE "${table}" (`)
  const hasIndexOnOld = [...sql.matchAll(/^CREATE (?:UNIQUE )?INDEX "\w+" ON "(\w+)"/gm)].some(
    ([, table]) => !isNew(table),
  )
  const checks = [
    /^DROP |^ALTER TABLE .*DROP |DROP COLUMN/m.test(sql) &&
      'It drops something that pods of the version before may still use: stop using it in one release, drop it in the next.',
    /ADD COLUMN +"\w+"[^,;]* NOT NULL(?![^,;]*DEFAULT)/.test(sql) &&
      'It adds a column that may not be null and has no default: rows that are there need a value first.',
    /ALTER COLUMN +"\w+" SET NOT NULL/.test(sql) &&
      'It forbids null in a column that has rows: give them a value first, and once no pod writes null any more.',
    /ALTER COLUMN +"\w+" SET DATA TYPE/.test(sql) &&
      'It changes a column’s type: the table is rewritten and locked meanwhile, and pods of the version before read the old one.',
    hasIndexOnOld && 'It builds an index on a table that has rows: writers wait meanwhile.',
  ]
  return checks.filter((check) => check !== false)
}

/** UTC, to the second; later than every migration that is there. */
async function nextTimestamp(folder: URL, now: Date): Promise<string> {
  const names = await readdir(new URL('migrations/', folder))
  const last = names.flatMap((name) => /^\d{14}(?=_)/.exec(name)?.[0] ?? []).reduce((a, b) => (a > b ? a : b), '')
  const stamp = now.toISOString().replace(/\D/g, '').slice(0, 14)
  return stamp > last ? stamp : String(BigInt(last) + 1n)
}
