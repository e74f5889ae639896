import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort, readRedisUsers, startPostgres, waitUntil, type RedisUsers } from '@derm/local-servers'
import { TestRedis } from '@derm/local-servers/testing'
import {
  WEB_DIST,
  createSystem,
  prepareDatabase,
  readSecrets,
  redisUrlsOf,
  startGateway,
  type Databases,
  type Secrets,
  type ServiceProcess,
} from '@derm/local-stack'
import pg from 'pg'
import { joinComposeStack } from './compose-stack.ts'

export type Stack = {
  apis: ServiceProcess[]
  nodes: ServiceProcess[]
  redis: TestRedis
  postgres: {
    /** Kills it as a power cut would, and waits until it serves again. Only with `isDurable`, or what was committed may be gone. */
    killAndRestart(): Promise<void>
  }
  databases: Databases
  secrets: Secrets
  /** What clients send as `Origin`; the gateway's address where there is one. */
  origin: string
  /** A query as the superuser, past row-level security. */
  query<Row extends pg.QueryResultRow>(sql: string, parameters?: unknown[]): Promise<Row[]>
  /** The last lines of all processes, for a failure's message. */
  lines(): string[]
  stop(): Promise<void>
}

export type StackOptions = {
  apis?: number
  nodes?: number
  /** With a front door, and the built web client behind it. */
  gateway?: boolean
  /** Where else the page is loaded from: a proxy's origins. */
  origins?: readonly string[]
  seed?: 'full' | 'small'
  /** Postgres waits for its log to be written: slower. */
  isDurable?: boolean
  env?: Record<string, string>
  /** Servers of another kind than the stack's own: asked once these are prepared, and stopped with the stack. */
  others?: (own: OwnServers) => Promise<OtherServers>
}

export type OwnServers = {
  folder: string
  users: RedisUsers
  databases: Databases
  superuserUrl: string
  dataFolder: string
}
export type OtherServers = {
  /** Of a Redis that has the users, in place of the stack's own. */
  redisUrl?: string
  /** What the services connect to. */
  databases?: Databases
  env?: Record<string, string>
  stop(): Promise<unknown>
}

/** The whole system as processes, on its own Postgres and Redis. Nothing is restarted but by the test. With `DERM_TEST_COMPOSE`: the one that compose runs. */
export async function startStack({
  apis = 2,
  nodes = 2,
  gateway = false,
  origins = [],
  seed = 'small',
  isDurable = false,
  env = {},
  others,
}: StackOptions = {}): Promise<Stack> {
  const project = process.env['DERM_TEST_COMPOSE']
  if (project && gateway) return joinComposeStack(project, { apis, nodes })
  const folder = await mkdtemp(join(tmpdir(), 'derm-stack-'))
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const stop = async () => {
    for (const step of undo.splice(0).toReversed()) await step().catch(() => {})
  }
  const printed: string[] = []
  try {
    const secrets = await readSecrets(folder)
    const postgres = await startPostgres({ folder, isDurable, onRestart: () => {} })
    undo.push(postgres.remove)
    const users = await readRedisUsers(folder)
    const redis = new TestRedis(users)
    await redis.start()
    undo.push(() => redis.stop())
    const databases = await prepareDatabase(postgres, secrets, { size: seed })
    const own = { folder, users, databases, superuserUrl: postgres.superuserUrl, dataFolder: postgres.data }
    const given = await others?.(own)
    if (given) undo.push(() => given.stop())
    const port = await findFreePort()
    const origin = `http://localhost:${port}`
    const system = await createSystem({
      apis,
      nodes,
      origins: [origin, ...origins],
      redisUrls: redisUrlsOf(given?.redisUrl ?? redis.url, users),
      databases: given?.databases ?? databases,
      secrets,
      env: { NODE_ENV: 'test', DRAIN_DELAY_MS: '0', ...env, ...given?.env },
      restarts: false,
      print(line) {
        printed.push(line)
        if (printed.length > 300) printed.shift()
      },
    })
    const services = [...system.apis, ...system.nodes]
    undo.push(() => Promise.all(services.map((service) => service.stop())))
    for (const service of services) service.start()
    await Promise.all(services.map((service) => service.whenReady())).catch((error: unknown) => {
      throw new Error(`The stack did not start:\n${printed.slice(-30).join('\n')}`, { cause: error })
    })
    if (gateway) {
      const door = await startGateway({
        port,
        dist: WEB_DIST,
        apis: system.apis,
        nodes: system.nodes,
        basePath: env['BASE_PATH'] ?? '',
        origins: [origin, ...origins],
      })
      undo.push(door.stop)
    }
    const pool = new pg.Pool({ connectionString: postgres.superuserUrl, max: 2 })
    pool.on('error', () => {})
    undo.push(() => pool.end())
    return {
      ...system,
      redis,
      postgres: {
        async killAndRestart() {
          const { pid } = postgres
          process.kill(pid, 'SIGKILL')
          await waitUntil(
            async () => postgres.pid !== pid && postgres.pid !== 0 && (await pool.query('SELECT 1')).rowCount === 1,
            { what: 'Postgres to serve again', timeoutMs: 40_000 },
          )
        },
      },
      databases,
      secrets,
      origin,
      query: async <Row extends pg.QueryResultRow>(sql: string, parameters: unknown[] = []) =>
        (await pool.query<Row>(sql, parameters)).rows,
      lines: () => [...printed],
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
