import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MigrationRefused, PRISMA_FOLDER, createRoles, requireMigrationName, writeMigration } from '@derm/database'
import { startPostgres, type Postgres } from '@derm/local-servers'

/** `npm run migration -- <name> [folder]`: writes the SQL that the schema's changes need, against a Postgres of its own. */
const [name = '', folder] = process.argv.slice(2)
const passwords = { owner: 'pw', api: 'pw', relay: 'pw', realtime: 'pw', jobs: 'pw' }

async function run(): Promise<void> {
  requireMigrationName(name)
  const postgres = await startThrowaway()
  try {
    await createRoles(postgres.superuserUrl, passwords)
    const { path, checks } = await writeMigration({
      ownerUrl: postgres.urlOf('derm_owner', passwords.owner),
      name,
      now: new Date(),
      folder: folder === undefined ? PRISMA_FOLDER : pathToFileURL(`${resolve(folder)}/`),
    })
    process.stdout.write(`Wrote ${relative(process.cwd(), path)}. Read it, and check:\n`)
    for (const check of [...checks, 'Rows that are there already: what the new columns say of them.'])
      process.stdout.write(`- ${check}\n`)
    process.stdout.write('Then: npm test -- packages/database\n')
  } finally {
    await postgres.remove()
  }
}

/** An empty Postgres; `remove` leaves nothing of it. */
async function startThrowaway(): Promise<Pick<Postgres, 'superuserUrl' | 'urlOf' | 'remove'>> {
  try {
    const home = await mkdtemp(join(tmpdir(), 'derm-migration-'))
    const { superuserUrl, urlOf, remove } = await startPostgres({ folder: home, isDurable: false })
    return { superuserUrl, urlOf, remove: () => remove().then(() => rm(home, { recursive: true, force: true })) }
  } catch (error) {
    throw new MigrationRefused(
      `Postgres, against which a migration is written, could not be started: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

try {
  await run()
} catch (error) {
  const isRefusal = error instanceof MigrationRefused
  process.stderr.write(`${isRefusal ? error.message : `The migration could not be written: ${String(error)}`}\n`)
  process.exitCode = 1
}
