import { explainRefusal, requireServer, sessionOptions, type Pooling } from '@derm/core/postgres'
import pg from 'pg'

/** More would only wait for the same shards, and Postgres has other work. */
const MAX_CONNECTIONS = 4

/**
 * The relay's own pool, as derm_relay: drains never wait for a request's connection, nor requests for a drain's.
 * `query_timeout` ends what a dead network would keep for ever; it lies above the role's own timeouts.
 */
export function createRelayPool(url: string, applicationName = 'relay', pooling: Pooling = 'none'): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    application_name: applicationName,
    connectionTimeoutMillis: 5_000,
    query_timeout: 12_000,
    keepAlive: true,
    ...sessionOptions(pooling),
  })
  // An idle connection that is lost is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  return pool
}

/** @throws SessionError when the pool's sessions, or their server, are not as they must be. */
export async function requirePool(pool: pg.Pool, pooling: Pooling): Promise<void> {
  const client = await pool.connect().catch((error: unknown) => {
    throw explainRefusal(error)
  })
  try {
    const { processID } = client as unknown as { processID: number | null }
    await requireServer(
      { processId: processID ?? 0, ask: async <Row>(sql: string) => (await client.query(sql)).rows as Row[] },
      pooling,
    )
  } finally {
    client.release()
  }
}

/** The same of a url, on a session of its own. */
export async function requirePostgres(url: string, pooling: Pooling): Promise<void> {
  const pool = createRelayPool(url, 'check', pooling)
  await requirePool(pool, pooling).finally(() => pool.end())
}
