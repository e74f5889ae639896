import { chown, copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { shardOf } from '@derm/core'
import { hashSlotOf } from '@derm/core/redis'
import { getSeedIds } from '@derm/database'
import {
  findFreePort,
  makeCertificates,
  startPgBouncer,
  startRedis,
  startRedisCluster,
  startSentinelRedis,
  waitUntil,
  type PgBouncer,
  type RedisClusterServers,
  type SentinelRedis,
} from '@derm/local-servers'
import type { Databases } from '@derm/local-stack'
import { requirePostgres } from '@derm/publisher'
import pg from 'pg'
import { scrapeMetric } from '../scrape-metrics.ts'
import type { OwnServers, Stack } from '../start-stack.ts'
import type { Changes } from './changes.ts'
import { PAUSE_MS, type Load, type Scenario } from './scenario.ts'
import { watchMetrics, type SeenIn } from './seen-in-metrics.ts'

const REFUSED: readonly SeenIn[] = [
  { service: 'apis', metric: 'derm_relay_refusals_total' },
  { service: 'nodes', metric: 'derm_redis_deaf_seconds_total' },
  { service: 'nodes', metric: 'derm_redis_failures_total' },
]

/** Changes go on until the fault is over, and as many as are left then. */
async function under(
  stack: Stack,
  changes: Changes,
  load: Load,
  seenIn: readonly SeenIn[],
  fault: () => Promise<unknown>,
) {
  await changes.make(Math.floor(load.changes / 4), PAUSE_MS)
  const watch = await watchMetrics(stack, seenIn)
  let isOver = false
  const going = (async () => {
    while (!isOver) await changes.make(5, PAUSE_MS)
  })()
  const [metric] = await Promise.all([watch.seen(), fault()]).finally(() => (isOver = true))
  console.log(`       seen in ${metric}`)
  await going
  await changes.make(Math.max(0, load.changes - changes.done), PAUSE_MS)
  await requireNothingGivenUp(stack)
}

/** No event was blamed for what a whole server refused. [REL15] */
async function requireNothingGivenUp(stack: Stack): Promise<void> {
  for (const { adminUrl } of stack.apis)
    if ((await scrapeMetric(adminUrl, 'derm_relay_tombstones_total')) > 0) throw new Error('an event was given up')
}

/** The slot of the channel that all changes are on. */
function slotOfChanges(): number {
  const { lakeside } = getSeedIds()
  return hashSlotOf(shardOf(`${lakeside.tenantId}/l:${lakeside.locations['downtown']!.id}/scheduling`))
}

const isReady = (adminUrl: string) => fetch(`${adminUrl}/readyz`).then(({ status }) => status === 200)

/** Other people's Redis and Postgres: each with real servers on this machine, which take longer to start than the short suite lasts. */
export function LONG_SCENARIOS(load: Load): Scenario[] {
  return [sentinel(load), cluster(load), pgbouncer(load), tls(load), acl(load), full(load)]
}

function sentinel(load: Load): Scenario {
  let servers: SentinelRedis
  return {
    name: 'sentinel: the master is killed, and a replica that lags takes over',
    resyncsAllowed: 0,
    others: async ({ folder, users }) => {
      servers = await startSentinelRedis(join(folder, 'sentinel'), users)
      return { redisUrl: servers.url, stop: () => servers.stop() }
    },
    run: (stack, changes) => under(stack, changes, load, REFUSED, () => servers.failOverToLaggingReplica(1500)),
  }
}

function cluster(load: Load): Scenario {
  let servers: RedisClusterServers
  return {
    name: 'cluster: slots move under load, and then a master is killed',
    resyncsAllowed: 0,
    others: async ({ folder, users }) => {
      servers = await startRedisCluster(join(folder, 'cluster'), { users, replicas: 1 })
      return { redisUrl: servers.url, stop: () => servers.stop() }
    },
    async run(stack, changes) {
      await changes.make(Math.floor(load.changes / 4), PAUSE_MS)
      const going = changes.make(Math.floor(load.changes / 4), PAUSE_MS)
      for (let i = 0; i < 3; i++) await servers.moveSlot(slotOfChanges())
      await going
      await under(stack, changes, load, REFUSED, () => servers.killMasterOf(slotOfChanges()))
    },
  }
}

function pgbouncer(load: Load): Scenario {
  let pooler: PgBouncer
  return {
    name: 'pgbouncer: connections are dealt out by transaction, and the pooler is killed',
    resyncsAllowed: 0,
    others: async ({ databases }) => {
      const roles = Object.entries(databases).filter(([name]) => name !== 'ownerUrl')
      pooler = await startPgBouncer(
        roles.map(([, url]) => url),
        'transaction',
      )
      const unsaid = await requirePostgres(pooler.through(databases.apiUrl), 'none').catch(
        (error: Error) => error.message,
      )
      if (!unsaid?.includes('a pooler')) throw new Error('a pooler of which nothing was said was not noticed')
      const through = Object.fromEntries(roles.map(([name, url]) => [name, pooler.through(url)]))
      return {
        databases: { ...databases, ...through },
        env: { DATABASE_POOLING: 'transaction' },
        stop: () => pooler.stop(),
      }
    },
    run: (stack, changes) =>
      under(stack, changes, load, [{ service: 'apis', metric: 'derm_relay_refusals_total' }], async () => {
        await pooler.killAndRestart()
        await pooler.killAndRestart()
      }),
  }
}

function tls(load: Load): Scenario {
  let restart: () => Promise<unknown>
  return {
    name: 'tls: a private authority, client certificates, and Redis is restarted empty',
    resyncsAllowed: 1,
    others: async (own) => {
      const { ca, server, client } = await makeCertificates(join(own.folder, 'certificates'))
      const port = await findFreePort()
      const files = ['--tls-cert-file', server.cert, '--tls-key-file', server.key, '--tls-ca-cert-file', ca]
      const args = ['--tls-port', String(port), ...files, '--tls-auth-clients', 'yes']
      const plainPort = await findFreePort()
      const start = () => startRedis({ port: plainPort, users: own.users, args })
      let redis = await start()
      restart = async () => {
        await redis.stop()
        redis = await start()
      }
      await encryptPostgres(own, server)
      const verified = ([name, url]: [string, string]) => [name, `${url}?sslmode=verify-full`]
      return {
        redisUrl: `rediss://127.0.0.1:${port}`,
        databases: Object.fromEntries(Object.entries(own.databases).map(verified)) as Databases,
        env: { REDIS_CA_FILE: ca, REDIS_CERT_FILE: client.cert, REDIS_KEY_FILE: client.key, DATABASE_CA_FILE: ca },
        stop: () => redis.stop(),
      }
    },
    run: (stack, changes) => under(stack, changes, load, REFUSED, () => restart()),
  }
}

async function encryptPostgres(own: OwnServers, { cert, key }: { cert: string; key: string }): Promise<void> {
  // Into its folder, as its own: it takes no key that others can read.
  for (const [from, to] of [
    [cert, 'server.crt'],
    [key, 'server.key'],
  ] as const) {
    await copyFile(from, join(own.dataFolder, to))
    if (process.getuid?.() === 0) await chown(join(own.dataFolder, to), 65_534, 65_534)
  }
  const client = new pg.Client({ connectionString: own.superuserUrl })
  await client.connect()
  await client.query('ALTER SYSTEM SET ssl = on')
  await client.query('SELECT pg_reload_conf()')
  await client.end()
  const encrypted = new pg.Client({ connectionString: own.superuserUrl, ssl: { rejectUnauthorized: false } })
  await waitUntil(() => encrypted.connect().then(() => true), {
    what: 'Postgres to speak TLS',
    timeoutMs: 5000,
    everyMs: 5000,
  })
  await encrypted.end()
}

function acl(load: Load): Scenario {
  return {
    name: 'acl: the relays’ and the nodes’ rights are taken away, and given back',
    resyncsAllowed: 0,
    run: (stack, changes) =>
      under(
        stack,
        changes,
        load,
        [{ service: 'apis', metric: 'derm_relay_refusals_total{reason="NOPERM"}' }],
        async () => {
          const node = stack.nodes[0]!
          await stack.redis.command(async (redis) => {
            await redis.call('ACL', 'SETUSER', 'derm_relay', '-xadd')
            await redis.call('ACL', 'SETUSER', 'derm_node', '-subscribe', '-ssubscribe')
          })
          await stack.redis.killPubsub()
          await waitUntil(async () => !(await isReady(node.adminUrl)), {
            what: 'a deaf node to be unready',
            timeoutMs: 10_000,
          })
          await stack.redis.command(async (redis) => {
            await redis.call('ACL', 'SETUSER', 'derm_relay', '+xadd')
            await redis.call('ACL', 'SETUSER', 'derm_node', '+subscribe', '+ssubscribe')
          })
          await waitUntil(() => isReady(node.adminUrl), { what: 'the node to be ready again', timeoutMs: 10_000 })
        },
      ),
  }
}

function full(load: Load): Scenario {
  return {
    name: 'full: Redis takes nothing more for a while',
    resyncsAllowed: 0,
    run: (stack, changes) =>
      under(stack, changes, load, [{ service: 'apis', metric: 'derm_relay_refusals_total{reason="OOM"}' }], () =>
        stack.redis.command(async (redis) => {
          await redis.config('SET', 'maxmemory', '1mb')
          await new Promise((resolve) => setTimeout(resolve, 4000))
          await redis.config('SET', 'maxmemory', '0')
        }),
      ),
  }
}
