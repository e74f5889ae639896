import { createConnection } from 'node:net'
import { Redis } from 'ioredis'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RedisUsers } from './redis-users.ts'
import { ROOT } from './root.ts'
import { findFreePort } from './ports.ts'
import {
  aptInstall,
  canInstall,
  findProgram,
  keepRunning,
  run,
  startKept,
  type OnRestart,
  type Program,
} from './program.ts'
import { Hopeless, waitUntil } from './wait-until.ts'

export type RedisServer = {
  url: string
  port: number
  /** `undefined` for a server that is not ours. */
  program: Program | undefined
  stop(): Promise<void>
}

const ADVICE =
  'No Redis: set REDIS_URL to a server of your own, or install redis-server or valkey-server (Debian: apt-get install redis-server; macOS: brew install redis).'

/** REDIS_URL, else a local redis-server or valkey-server, else Docker, else apt where that is possible. */
export async function startRedis({
  port,
  folder,
  users,
  args = [],
  onRestart,
}: {
  port?: number
  folder?: string
  /** With them, nobody reaches a server of ours without a name. */
  users?: Pick<RedisUsers, 'aclFile'>
  /** Settings beside those of infra/redis: of a server of ours that is not in Docker. */
  args?: readonly string[]
  /** With it, a server of ours that ends unasked is started again, on the same port. */
  onRestart?: OnRestart
} = {}): Promise<RedisServer> {
  const given = process.env['REDIS_URL']
  if (given && port === undefined) {
    const url = await requireServer(given)
    return { url: given, port: Number(url.port || 6379), program: undefined, stop: async () => {} }
  }
  const at = port ?? (await findFreePort())
  const start = () => startServer(at, { folder, users, args })
  const first = await start()
  await waitUntil(
    () => {
      if (first.pid === 0 || first.hasEnded) throw new Hopeless('Redis did not start.')
      return ping('127.0.0.1', at)
    },
    { what: 'Redis to answer', timeoutMs: 15_000 },
  )
  const program = onRestart ? keepRunning(first, start, onRestart) : first
  return { url: `redis://127.0.0.1:${at}`, port: at, program, stop: () => program.stop() }
}

/** @throws when REDIS_URL is none, or nobody answers there who takes its password. */
async function requireServer(given: string): Promise<URL> {
  const url = URL.canParse(given) ? new URL(given) : null
  if (!url || !/^rediss?:$/.test(url.protocol))
    throw new Error('REDIS_URL is not the address of a Redis: it looks like redis://:password@host:6379')
  const redis = new Redis(given, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null })
  let reason = ''
  // Its errors come here: a wrong password is one of them, and the command then only says that the connection was closed.
  redis.on('error', (error: Error) => (reason ||= error.message))
  try {
    await redis.connect()
    await redis.ping()
  } catch (error) {
    throw new Error(
      `The Redis at REDIS_URL (${url.host}) does not serve us: ${reason || (error as Error).message}. Start it, or leave REDIS_URL out to have one started.`,
      { cause: error },
    )
  } finally {
    redis.disconnect()
  }
  return url
}

type ServerOptions = {
  folder: string | undefined
  users: Pick<RedisUsers, 'aclFile'> | undefined
  args: readonly string[]
}

async function startServer(port: number, { folder, users, args }: ServerOptions): Promise<Program> {
  const server = await findServer()
  if (server) {
    if (folder) await mkdir(folder, { recursive: true })
    return startKept(server, [
      await findSettings(folder),
      '--port',
      String(port),
      ...(folder ? ['--dir', folder] : []),
      ...(users ? ['--aclfile', users.aclFile] : []),
      ...args,
    ])
  }
  if (args.length > 0) throw new Error(ADVICE)
  const docker = findProgram('docker')
  if (
    docker &&
    (await run(docker, ['info']).then(
      () => true,
      () => false,
    ))
  )
    return startKept(docker, [
      ...['run', '--rm', '-p', `127.0.0.1:${port}:6379`],
      ...(users ? ['-v', `${users.aclFile}:/users.acl:ro`] : []),
      ...['redis:7', 'redis-server'],
      ...(users ? ['--aclfile', '/users.acl'] : []),
    ])
  throw new Error(ADVICE)
}

/** A server with a folder has a copy of its own: a Sentinel lets it rewrite its settings. */
async function findSettings(folder: string | undefined): Promise<string> {
  const settings = `${ROOT}/infra/redis/redis.conf`
  if (folder === undefined) return settings
  const copy = join(folder, 'redis.conf')
  await copyFile(settings, copy)
  return copy
}

/** @returns the server's path, after an installation where none was there and one is possible; `null` without. */
export async function findServer(): Promise<string | null> {
  const find = () => findProgram('redis-server', 'valkey-server')
  const found = find()
  if (found || !canInstall()) return found
  await aptInstall('redis-server').catch(() => {
    throw new Error(ADVICE)
  })
  return find()
}

function ping(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, host, () => socket.write('PING\r\n'))
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1000, () => end(false))
    // A server that asks for a password is alive too.
    socket.on('data', (data) => end(/PONG|NOAUTH/.test(data.toString())))
    socket.on('error', () => end(false))
  })
}
