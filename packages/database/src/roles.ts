import { SESSION_SETTINGS } from '@derm/core/postgres'
import pg from 'pg'

/** One password for each of the roles. */
export type RolePasswords = { owner: string; api: string; relay: string; realtime: string; jobs: string }

/**
 * What each role may wait for, in milliseconds. A frozen pod must not hold a channel's head row for ever: others
 * wait for it up to `lock_timeout`, and Postgres ends it after `idle_in_transaction_session_timeout`.
 */
const ROLES = {
  /** Owns everything, migrates, seeds; no process that serves requests has its password. */
  owner: { name: 'derm_owner', settings: { lock_timeout: 30_000, idle_in_transaction_session_timeout: 60_000 } },
  /** Serves requests, under row-level security. */
  api: {
    name: 'derm_api',
    settings: {
      statement_timeout: 15_000,
      lock_timeout: 5_000,
      idle_in_transaction_session_timeout: 8_000,
    },
  },
  /** Sees channel heads and outbox. It is idle in its transaction while Redis answers, which has a deadline of its own. */
  relay: {
    name: 'derm_relay',
    settings: { statement_timeout: 10_000, lock_timeout: 8_000, idle_in_transaction_session_timeout: 5_000 },
  },
  /** Reads `user_access` and whose session is live, and nothing else. */
  realtime: {
    name: 'derm_realtime',
    settings: {
      statement_timeout: 3_000,
      lock_timeout: 2_000,
      idle_in_transaction_session_timeout: 3_000,
      default_transaction_read_only: 'on',
    },
  },
  /** Finds which rows a job is due for, of all tenants: the columns that say so and no others. What is done is done as derm_api. */
  jobs: {
    name: 'derm_jobs',
    settings: { statement_timeout: 5_000, lock_timeout: 2_000, idle_in_transaction_session_timeout: 3_000 },
  },
} as const

/**
 * The settings of a session are the roles' own too, for behind a pooler that drops a connection's options.
 *
 * Creates the roles, or sets the given passwords on those that exist, and lets `derm_owner` create things in the
 * url's database. `superuserUrl`: a superuser, or a managed server's master with CREATEROLE. Safe when several run at once.
 */
export async function createRoles(superuserUrl: string, passwords: RolePasswords): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name')
    const database = client.escapeIdentifier(rows[0]!.name)
    for (const [key, role] of Object.entries(ROLES)) {
      await runAgainstOthers(
        client,
        `
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role.name}') THEN
            CREATE ROLE ${role.name} LOGIN NOINHERIT;
          END IF;
        END $$`,
      )
      const password = client.escapeLiteral(passwords[key as keyof RolePasswords])
      await runAgainstOthers(client, `ALTER ROLE ${role.name} LOGIN PASSWORD ${password}`)
      for (const [setting, value] of Object.entries({ ...SESSION_SETTINGS, ...role.settings }))
        await runAgainstOthers(client, `ALTER ROLE ${role.name} SET ${setting} TO '${value}'`)
    }
    await runAgainstOthers(client, `GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${database} TO derm_owner`)
    await runAgainstOthers(client, `GRANT USAGE, CREATE ON SCHEMA public TO derm_owner`)
  } finally {
    await client.end()
  }
}

/** Roles are one catalogue for the whole server, and Postgres refuses rather than waits when two change a row at once. */
async function runAgainstOthers(client: pg.Client, sql: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(sql)
      return
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      const isRace = (code === 'XX000' && /concurrently/.test(message)) || code === '23505' || code === '42710'
      if (!isRace || attempt === 20) throw error
    }
  }
}
