import { SESSION_OPTIONS } from '@derm/core/postgres'
import pg from 'pg'

/** More would only wait for the same shards, and Postgres has other work. */
const MAX_CONNECTIONS = 4

/**
 * The relay's own pool, as derm_relay: drains never wait for a request's connection, nor requests for a drain's.
 * `query_timeout` ends what a dead network would keep for ever; it lies above the role's own timeouts.
 */
export function createRelayPool(url: string, applicationName = 'relay'): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    application_name: applicationName,
    connectionTimeoutMillis: 5_000,
    query_timeout: 12_000,
    keepAlive: true,
    options: SESSION_OPTIONS,
  })
  // An idle connection that is lost is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  return pool
}
