import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT, run } from '@derm/local-servers'
import { WEB_DIST } from './paths.ts'

/** What generated code and built files follow from: they are made again only when one of these has changed. */
const PRISMA_SOURCES = [
  'packages/database/prisma',
  'packages/database/prisma.config.ts',
  'packages/database/package.json',
]
const WEB_SOURCES = [
  'services/web/src',
  'services/web/public',
  'services/web/index.html',
  'services/web/vite.config.ts',
  'services/web/package.json',
  'packages/react/src',
  'packages/core/src',
  'packages/contract/src',
  'package-lock.json',
]

/** Generates the database client. */
export async function prepare(): Promise<void> {
  await remake('database client', PRISMA_SOURCES, `${ROOT}/packages/database/src/generated`, [
    'run',
    'generate',
    '-w',
    '@derm/database',
  ])
}

/** Builds the web client, with the accounts of the seed to choose from unless `VITE_DEMO` says `false`. */
export async function buildWeb(): Promise<void> {
  const env = { VITE_DEMO: process.env['VITE_DEMO'] ?? 'true' }
  await remake('web client', WEB_SOURCES, WEB_DIST, ['run', 'build', '-w', '@derm/web'], env)
}

async function remake(
  what: string,
  sources: string[],
  result: string,
  npmArguments: string[],
  env: Record<string, string> = {},
): Promise<void> {
  const hash = createHash('sha256').update(JSON.stringify(env))
  for (const source of sources) await addTo(hash, join(ROOT, source))
  const digest = hash.digest('hex')
  const stamp = join(ROOT, 'node_modules', '.cache', 'dermlive', what.replaceAll(' ', '-'))
  if (existsSync(result) && (await readFile(stamp, 'utf8').catch(() => '')) === digest) return
  const started = Date.now()
  const failed = await run('npm', npmArguments, { cwd: ROOT, maxBuffer: 64e6, env: { ...process.env, ...env } }).then(
    () => null,
    (error: { stdout?: string; stderr?: string }) => `${error.stdout ?? ''}${error.stderr ?? ''}`,
  )
  if (failed !== null) throw new Error(`The ${what} could not be made:\n${failed}`)
  await mkdir(join(stamp, '..'), { recursive: true })
  await writeFile(stamp, digest)
  process.stdout.write(`Made the ${what} in ${((Date.now() - started) / 1000).toFixed(1)} s\n`)
}

async function addTo(hash: ReturnType<typeof createHash>, path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => null)
  if (!entries) {
    hash.update(path.slice(ROOT.length)).update(await readFile(path).catch(() => Buffer.alloc(0)))
    return
  }
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
    if (!/\.test\.tsx?$|^generated$|^node_modules$/.test(entry.name)) await addTo(hash, join(path, entry.name))
}
