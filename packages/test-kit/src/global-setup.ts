import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRoles, migrate } from '@derm/database'
import { startPostgres } from '@derm/local-servers'
import { TEMPLATE, TEST_PASSWORDS, runAsSuperuser, urlOf } from '@derm/local-servers/testing'
import pg from 'pg'
import type { TestProject } from 'vitest/node'

/** One Postgres for a whole run, with a migrated template that each test file clones. Ends with the run, however that ends. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'derm-test-'))
  const postgres = await startPostgres({ folder, isDurable: false })
  await prepareTemplate(postgres.port)
  project.provide('postgresPort', postgres.port)
  return async () => {
    const client = new pg.Client({ connectionString: postgres.superuserUrl })
    await client.connect()
    const { rows } = await client.query<{ datname: string }>(
      `SELECT datname FROM pg_database WHERE datname LIKE 't\\_%' AND datname <> '${TEMPLATE}'`,
    )
    await client.end()
    await postgres.remove()
    await rm(folder, { recursive: true, force: true })
    if (rows.length > 0) throw new Error(`${rows.length} test databases were left behind`)
  }
}

/** Roles, and a migrated database to clone. */
async function prepareTemplate(port: number): Promise<void> {
  await runAsSuperuser(port, `CREATE DATABASE ${TEMPLATE}`)
  await createRoles(urlOf(port, 'postgres', TEMPLATE), TEST_PASSWORDS)
  await migrate(urlOf(port, 'derm_owner', TEMPLATE))
}
