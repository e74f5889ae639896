import { afterAll, beforeAll, inject } from 'vitest'
import { cloneTemplate, copyDatabase, runAsSuperuser, urlOf } from './test-databases.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the run's Postgres: global-setup.ts. */
    postgresPort: number
  }
}

export type TestDatabase = {
  name: string
  port: number
  superuserUrl: string
  ownerUrl: string
  apiUrl: string
  relayUrl: string
  realtimeUrl: string
  jobsUrl: string
}

/**
 * A migrated database of this test file's own; its urls can be read from `beforeAll` on. Fails when a
 * connection of ours is still open at the end: a pool leaked.
 */
export function useTestDatabase(): TestDatabase {
  const database = {} as TestDatabase
  beforeAll(async () => {
    const port = inject('postgresPort')
    const name = await cloneTemplate(port)
    Object.assign(database, describeDatabase(port, name))
  })
  afterAll(async () => {
    if (!database.name) return
    const leaked = await countConnections(database)
    await runAsSuperuser(database.port, `DROP DATABASE ${database.name} WITH (FORCE)`)
    if (leaked > 0) throw new Error(`${leaked} connections to the test's database were left open`)
  })
  return database
}

/** A copy as it stands, as a backup that was restored; nobody may be connected to the original. `drop` it afterwards. */
export async function restoreCopy(original: TestDatabase): Promise<TestDatabase & { drop(): Promise<void> }> {
  const { port } = original
  const name = await copyDatabase(port, original.name)
  return {
    ...describeDatabase(port, name),
    drop: async () => void (await runAsSuperuser(port, `DROP DATABASE ${name} WITH (FORCE)`)),
  }
}

function describeDatabase(port: number, name: string): TestDatabase {
  return {
    name,
    port,
    superuserUrl: urlOf(port, 'postgres', name),
    ownerUrl: urlOf(port, 'derm_owner', name),
    apiUrl: urlOf(port, 'derm_api', name),
    relayUrl: urlOf(port, 'derm_relay', name),
    realtimeUrl: urlOf(port, 'derm_realtime', name),
    jobsUrl: urlOf(port, 'derm_jobs', name),
  }
}

/** A closed connection takes the server a moment to notice. */
async function countConnections({ port, name }: TestDatabase): Promise<number> {
  let count = 0
  for (let attempt = 0; attempt < 40; attempt++) {
    const { rows } = await runAsSuperuser(
      port,
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = '${name}'`,
    )
    count = (rows[0] as { n: number }).n
    if (count === 0) return 0
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return count
}
