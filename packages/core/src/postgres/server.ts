import { SessionError, requireSession, type Pooling, type SettingRow } from './session.ts'

/** The oldest Postgres that the migrations and the code were tried with. */
const FLOOR = 15

/** One session. `processId`: of the server's process, as the first message of the session named it; 0 where it named none. */
export type OpenSession = {
  processId: number
  ask: <Row>(sql: string) => Promise<readonly Row[]>
}

type ServerRow = { pid: number; version: number; isReplica: boolean }
const QUESTION = `SELECT pg_backend_pid() AS pid, current_setting('server_version_num')::int / 10000 AS version, pg_is_in_recovery() AS "isReplica"`

const UNSAID =
  'a pooler such as PgBouncer stands before it: set DATABASE_POOLING to transaction or to session, as its pool_mode is'

/** What a session failed by, as it may be said: a pooler refuses the options with which a session begins, before anything can be asked. */
export function explainRefusal(error: unknown): unknown {
  const isPooler = error instanceof Error && error.message.includes('unsupported startup parameter')
  return isPooler ? new SessionError([UNSAID]) : error
}

/**
 * Asks a new session what it is one of, and for its settings. A pooler shows by the process: it names one when the session begins, and
 * another one answers.
 * @throws SessionError when the server is too old, cannot be written to, or a pooler stands before it of which nothing was said.
 */
export async function requireServer({ processId, ask }: OpenSession, pooling: Pooling): Promise<void> {
  const [server] = await ask<ServerRow>(QUESTION)
  const faults = server ? findServerFaults(server, processId, pooling) : ['it does not say what it is']
  if (faults.length > 0) throw new SessionError(faults)
  await requireSession((sql) => ask<SettingRow>(sql))
}

function findServerFaults({ pid, version, isReplica }: ServerRow, processId: number, pooling: Pooling): string[] {
  const isPooled = processId !== 0 && processId !== pid
  return [
    ...(version < FLOOR ? [`version ${version} is older than ${FLOOR}`] : []),
    ...(isReplica ? ['the server is a replica, which nothing can be written to'] : []),
    ...(isPooled && pooling === 'none' ? [UNSAID] : []),
  ]
}
