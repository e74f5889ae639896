import { readFile, readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { SESSION_OPTIONS } from '@derm/core/postgres'
import pg from 'pg'
import { withSchemaEngine } from './schema-engine.ts'
import { PRISMA_FOLDER } from './schema-folder.ts'

/** One number for this system's advisory locks, and one for each use; the relay's and the partitions' are in the SQL. */
const MIGRATION_LOCK = [7104, 0] as const

/**
 * Applies the migrations that the database lacks, in order, as `prisma migrate deploy` would, and answers their names.
 * Pods that start together take turns; the later ones find nothing to do. `ownerUrl`: derm_owner. `folder`: whose `migrations`.
 *
 * @throws when a migration fails, or when one that failed before has not been resolved.
 */
export async function migrate(ownerUrl: string, folder: URL = PRISMA_FOLDER): Promise<string[]> {
  const client = new pg.Client({ connectionString: ownerUrl, options: SESSION_OPTIONS })
  await client.connect()
  try {
    await refusePooler(client)
    // Whoever migrates may take long: the lock waits for it, without the role's timeout.
    await client.query('SET lock_timeout = 0')
    await client.query('SELECT pg_advisory_lock($1, $2)', [...MIGRATION_LOCK])
    return await applyMigrations(ownerUrl, new URL('migrations/', folder))
  } finally {
    await client.end()
  }
}

/** The lock below is the session's, and a pooler may give each statement another one: two pods would migrate at the same time. */
async function refusePooler(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const { processID } = client as unknown as { processID: number | null }
  if (processID && processID !== rows[0]?.pid)
    throw new Error('migrations need Postgres itself: the url leads to a pooler such as PgBouncer')
}

async function applyMigrations(ownerUrl: string, directory: URL): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
  const { appliedMigrationNames } = await withSchemaEngine(ownerUrl, async (engine) =>
    engine.applyMigrations({
      filters: { externalTables: [], externalEnums: [] },
      migrationsList: {
        baseDir: fileURLToPath(directory),
        lockfile: {
          path: 'migration_lock.toml',
          content: await readFile(new URL('migration_lock.toml', directory), 'utf8'),
        },
        shadowDbInitScript: '',
        migrationDirectories: await Promise.all(
          names.map(async (name) => ({
            path: name,
            migrationFile: {
              path: 'migration.sql',
              content: {
                tag: 'ok' as const,
                value: await readFile(new URL(`${name}/migration.sql`, directory), 'utf8'),
              },
            },
          })),
        ),
      },
    }),
  )
  return appliedMigrationNames
}
