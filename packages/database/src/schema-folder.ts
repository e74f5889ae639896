import { readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { withSchemaEngine } from './schema-engine.ts'

/**
 * The package's own: `schema/<aggregate>.prisma` and `migrations/<timestamp>_<name>/migration.sql`. It is found by the package's name, not
 * beside this file: a bundle holds this file, and has the package's folder below its `node_modules`.
 */
export const PRISMA_FOLDER = new URL(
  'prisma/',
  pathToFileURL(createRequire(import.meta.url).resolve('@derm/database/package.json')),
)

/**
 * The SQL that takes the url's database to what the folder's schema says; null when it is there already. What Prisma cannot say (policies,
 * grants, partial indexes, constraints, partitions) is neither seen nor touched.
 *
 * @throws with Prisma's words when the schema is not valid.
 */
export async function diffWithSchema(ownerUrl: string, folder: URL = PRISMA_FOLDER): Promise<string | null> {
  const home = new URL('schema/', folder)
  const names = (await readdir(home)).filter((name) => name.endsWith('.prisma')).toSorted()
  const files = await Promise.all(
    names.map(async (path) => ({ path, content: await readFile(new URL(path, home), 'utf8') })),
  )
  const { stdout } = await withSchemaEngine(ownerUrl, (engine) =>
    engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: '.' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: { externalTables: ['public._prisma_migrations'], externalEnums: [] },
    }),
  )
  const sql = (stdout ?? '').trim()
  return sql === '' || sql === '-- This is an empty migration.' ? null : sql
}
