import pg from 'pg'

/** The migrated database that tests clone; the run's global setup makes it. */
export const TEMPLATE = 'derm_template'
export const TEST_PASSWORDS = { owner: 'pw', api: 'pw', relay: 'pw', realtime: 'pw', jobs: 'pw' }

export const urlOf = (port: number, role: string, database: string) =>
  `postgres://${role}:${role === 'postgres' ? 'postgres' : 'pw'}@127.0.0.1:${port}/${database}`

export async function runAsSuperuser(port: number, sql: string, database = 'postgres'): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: urlOf(port, 'postgres', database) })
  client.on('error', () => {})
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}

/** A test's database: the template's copy, its history a new one. */
export async function cloneTemplate(port: number): Promise<string> {
  const name = await copyDatabase(port, TEMPLATE)
  // Otherwise it would take itself for a restored backup, and begin with a new epoch.
  await runAsSuperuser(port, 'UPDATE event_epoch SET server = event_server_identity()', name)
  return name
}

/** Copying needs a source that nobody is connected to; files that start at the same moment take turns. @returns the copy's name. */
export async function copyDatabase(port: number, source: string): Promise<string> {
  const name = `t_${crypto.randomUUID().replaceAll('-', '')}`
  for (let attempt = 1; ; attempt++) {
    try {
      await runAsSuperuser(port, `CREATE DATABASE ${name} TEMPLATE ${source}`)
      return name
    } catch (error) {
      const isBusy = (error as { code?: string }).code === '55006'
      if (!isBusy || attempt === 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
