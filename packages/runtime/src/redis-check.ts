import type { RedisClient } from '@derm/core/redis'
import type { RedisAddress } from './redis-address.ts'

/** The oldest Redis that has what is used: scripts that only read, sharded pub/sub, selectors of users. Valkey says 7.2 of itself. */
const FLOOR = 7

/** The server is another one than we need, or than `REDIS_URL` says. Its message holds no value. */
export class RedisServerError extends Error {
  override readonly name = 'RedisServerError'
}

/**
 * Asks a server what it is.
 * @throws RedisServerError when it is too old, or of another kind than the address says. [OPS37]
 */
export async function requireRedisServer(client: Pick<RedisClient, 'info'>, kind: RedisAddress['kind']): Promise<void> {
  const info = await client.info('server')
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1]
  const fault = findFault(kind, field('redis_mode'), field('redis_version'))
  if (fault) throw new RedisServerError(`Redis: ${fault}`)
}

function findFault(kind: RedisAddress['kind'], mode: string | undefined, version: string | undefined): string | null {
  if (mode === 'sentinel') return 'this server is a Sentinel: write redis-sentinel://host,host?name=… of the master'
  if (mode === 'cluster' && kind !== 'cluster')
    return 'this server is part of a Cluster: write redis-cluster://host,host'
  if (mode === 'standalone' && kind === 'cluster') return 'this server is part of no Cluster: write redis://host'
  const major = Number(version?.split('.')[0])
  return major < FLOOR ? `version ${major} is older than ${FLOOR}` : null
}
