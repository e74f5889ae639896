import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { mkdtemp, rm } from 'node:fs/promises'
import pg from 'pg'
import { findFreePort } from './ports.ts'
import { aptInstall, canInstall, findProgram, startKept, type Program } from './program.ts'
import { waitUntil } from './wait-until.ts'

const ADVICE = 'No PgBouncer for the tests behind a pooler: install pgbouncer (Debian: apt-get install pgbouncer).'
/** It refuses to run as root: then it runs as `nobody`. */
const NOBODY = 65_534

export type PgBouncer = {
  /** The same url, through the pooler. */
  through(url: string): string
  killAndRestart(): Promise<void>
  stop(): Promise<void>
}

/** A real PgBouncer before the server of these urls, whose users it knows. `mode`: how it deals out the server's sessions. */
export async function startPgBouncer(urls: readonly string[], mode: 'session' | 'transaction'): Promise<PgBouncer> {
  const program = await findPgBouncer()
  const uid = process.getuid?.() === 0 ? NOBODY : undefined
  const folder = await mkdtemp(join(tmpdir(), 'derm-pooler-'))
  await mkdir(folder, { recursive: true })
  const port = await findFreePort()
  const server = new URL(urls[0]!)
  const own = async (name: string, text: string) => {
    const file = join(folder, name)
    await writeFile(file, text, { mode: 0o600 })
    if (uid !== undefined) await chown(file, uid, uid)
    return file
  }
  await chmod(folder, 0o755)
  const users = urls.map((url) => `"${new URL(url).username}" "${decodeURIComponent(new URL(url).password)}"`)
  const userFile = await own('users.txt', `${users.join('\n')}\n`)
  const settings = [
    '[databases]',
    `* = host=${server.hostname} port=${server.port}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${userFile}`,
    `pool_mode = ${mode}`,
    'default_pool_size = 8',
    'max_client_conn = 500',
    'server_login_retry = 1',
    'log_connections = 0',
    'log_disconnections = 0',
    'log_pooler_errors = 0',
    'log_stats = 0',
  ]
  const file = await own('pgbouncer.ini', `${settings.join('\n')}\n`)
  const start = () => startKept(program, ['-q', file], { ...(uid === undefined ? {} : { uid }), signal: 'SIGINT' })
  const through = (url: string) => {
    const pooled = new URL(url)
    pooled.port = String(port)
    return pooled.href
  }
  let running: Program = await start()
  const whenServing = () => waitUntil(() => serves(through(urls[0]!)), { what: 'PgBouncer to answer' })
  await whenServing()
  return {
    through,
    async killAndRestart() {
      process.kill(running.pid, 'SIGKILL')
      await running.ended
      running = await start()
      await whenServing()
    },
    async stop() {
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function serves(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 1000 })
  client.on('error', () => {})
  await client.connect()
  await client.query('SELECT 1')
  await client.end()
  return true
}

async function findPgBouncer(): Promise<string> {
  // Debian keeps it where only root's PATH looks.
  const find = () => findProgram('pgbouncer', '../sbin/pgbouncer')
  const found = find()
  if (found) return found
  if (canInstall()) await aptInstall('pgbouncer').catch(() => {})
  const installed = find()
  if (!installed) throw new Error(ADVICE)
  return installed
}
