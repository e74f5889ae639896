/**
 * What correctness rests on in a session with Postgres. Whatever a server, a database or a role sets for others, ours are these: times are
 * stored and read as they are, texts are parsed in one way, a transaction sees what was committed before each statement, and rows stay
 * behind their wall. [OPS13]
 */
export const SESSION_SETTINGS = {
  /** The ORM's driver writes times without a zone: in any other zone than this they are shifted. */
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  /** Otherwise a backslash in a text would end it elsewhere than it was quoted for. */
  standard_conforming_strings: 'on',
  transform_null_equals: 'off',
  /** A lock that was waited for must show what its holder committed. */
  default_transaction_isolation: 'read committed',
  row_security: 'on',
  /** Nobody's own schema comes before ours. */
  search_path: 'public',
} as const

/** As `options` of a connection: these come before what role and database say. */
export const SESSION_OPTIONS = Object.entries(SESSION_SETTINGS)
  .map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`)
  .join(' ')

/**
 * What stands between a process and Postgres: nothing, or a pooler, which deals out the server's sessions by session or by transaction. Poolers drop or refuse
 * options at the start of a session: behind one the roles' own settings hold, which `createRoles` makes the same. [OPS38]
 */
export type Pooling = 'none' | 'session' | 'transaction'

export const sessionOptions = (pooling: Pooling): { options?: string } =>
  pooling === 'none' ? { options: SESSION_OPTIONS } : {}

/** 0 would be for ever: one frozen process would stop all others. createRoles sets them for each role. */
const TIMEOUTS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'] as const

export type SettingRow = { name: string; setting: string }

const QUESTION = `
  SELECT name, setting FROM pg_settings
  WHERE name IN (${[...Object.keys(SESSION_SETTINGS), ...TIMEOUTS, 'client_encoding', 'server_encoding'].map((name) => `'${name}'`).join(', ')})
  UNION ALL
  SELECT 'role', CASE WHEN rolsuper OR rolbypassrls THEN 'passes row-level security' ELSE 'held' END
  FROM pg_roles WHERE rolname = current_user`

/** A session is not as it must be: nothing may be read or written in it. */
export class SessionError extends Error {
  override readonly name = 'SessionError'
  constructor(readonly faults: readonly string[]) {
    super(`Postgres: the session is not as it must be: ${faults.join(' · ')}`)
  }
}

/**
 * Asks a new session for its settings. A pooler may have dropped the options, or a url may have others.
 * @throws SessionError with every setting that is another, and what it must be.
 */
export async function requireSession(ask: (sql: string) => Promise<readonly SettingRow[]>): Promise<void> {
  const found = new Map((await ask(QUESTION)).map(({ name, setting }) => [name, setting]))
  const faults = Object.entries({ ...SESSION_SETTINGS, client_encoding: 'UTF8', server_encoding: 'UTF8', role: 'held' })
    .filter(([name, wanted]) => found.get(name) !== wanted)
    .map(([name, wanted]) => `${name} is ${found.get(name)}, not ${wanted}`)
  const endless = TIMEOUTS.filter((name) => !(Number(found.get(name)) > 0)).map((name) => `${name} is without end`)
  if (faults.length + endless.length > 0) throw new SessionError([...faults, ...endless])
}
