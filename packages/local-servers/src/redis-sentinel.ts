import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { findFreePort } from './ports.ts'
import { startKept, type Program } from './program.ts'
import { findServer, startRedis, type RedisServer } from './redis.ts'
import { passwordOf, type RedisUsers } from './redis-users.ts'
import { waitUntil } from './wait-until.ts'

const MASTER_NAME = 'dermlive'
const SENTINELS = 3

export type SentinelRedis = {
  /** With the Sentinels, and without a user. */
  url: string
  /** A replica that has lost what the master acknowledged since: the master is killed, and the Sentinels promote it. */
  failOverToLaggingReplica(lagMs: number): Promise<void>
  stop(): Promise<void>
}

/** A master, its replica, and three Sentinels that watch them: real servers on the loopback address. */
export async function startSentinelRedis(folder: string, users: RedisUsers): Promise<SentinelRedis> {
  await mkdir(folder, { recursive: true })
  const password = passwordOf(users, 'derm_admin')
  const replication = ['--masteruser', 'derm_admin', '--masterauth', password, '--repl-diskless-sync-delay', '0']
  const undo: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).toReversed()) await step().catch(() => {})
  }
  const start = async (args: readonly string[]): Promise<RedisServer> => {
    const server = await startRedis({
      port: await findFreePort(),
      folder: join(folder, `server-${undo.length}`),
      users,
      args: [...replication, ...args],
    })
    undo.push(() => server.stop())
    return server
  }
  try {
    const master = await start([])
    const replica = await start(['--replicaof', `127.0.0.1 ${master.port}`])
    const asAdmin = (port: number) => connect(users.urlOf('derm_admin', `redis://127.0.0.1:${port}`))
    const replicaClient = asAdmin(replica.port)
    undo.push(async () => replicaClient.disconnect())
    const isLinked = async () => /master_link_status:up/.test(await replicaClient.info('replication'))
    await waitUntil(isLinked, { what: 'the replica to follow its master' })
    const ports: number[] = []
    for (let n = 0; n < SENTINELS; n++) {
      const port = await findFreePort()
      const sentinel = await startSentinel(join(folder, `sentinel-${n}.conf`), port, master.port, password)
      undo.push(() => sentinel.stop())
      ports.push(port)
    }
    const sentinels = ports.map((port) => connect(`redis://127.0.0.1:${port}`))
    undo.push(async () => sentinels.forEach((sentinel) => sentinel.disconnect()))
    const knowEachOther = async () => {
      const fields = (await sentinels[0]!.call('SENTINEL', 'MASTER', MASTER_NAME)) as string[]
      const of = (name: string) => Number(fields[fields.indexOf(name) + 1])
      return of('num-other-sentinels') === SENTINELS - 1 && of('num-slaves') === 1
    }
    await waitUntil(knowEachOther, { what: 'the Sentinels to know each other' })
    return {
      url: `redis-sentinel://${ports.map((port) => `127.0.0.1:${port}`).join(',')}?name=${MASTER_NAME}`,
      async failOverToLaggingReplica(lagMs) {
        // A replica that cannot sign in any more stops following, and says nothing of it.
        await replicaClient.config('SET', 'masterauth', 'no longer')
        await replicaClient.call('CLIENT', 'KILL', 'TYPE', 'master')
        await new Promise((resolve) => setTimeout(resolve, lagMs))
        process.kill(master.program!.pid, 'SIGKILL')
        const isMaster = async () => /role:master/.test(await replicaClient.info('replication'))
        await waitUntil(isMaster, { what: 'the replica to be promoted', timeoutMs: 30_000 })
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startSentinel(file: string, port: number, masterPort: number, password: string): Promise<Program> {
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterPort} 2`,
    `sentinel auth-user ${MASTER_NAME} derm_admin`,
    `sentinel auth-pass ${MASTER_NAME} ${password}`,
    `sentinel down-after-milliseconds ${MASTER_NAME} 1000`,
    `sentinel failover-timeout ${MASTER_NAME} 5000`,
    'loglevel warning',
  ]
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
  const server = await findServer()
  if (!server)
    throw new Error(
      'There is no redis-server here to run as a Sentinel: install it (Debian: apt-get install redis-server).',
    )
  return startKept(server, [file, '--sentinel'])
}

function connect(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 3 })
  // A server that is being killed says so.
  redis.on('error', () => {})
  return redis
}
