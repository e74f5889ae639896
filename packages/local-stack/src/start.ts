import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isPortFree, readRedisUsers, startPostgres, startRedis, type OnRestart } from '@derm/local-servers'
import { startGateway } from './gateway.ts'
import { DATA, WEB_DIST } from './paths.ts'
import { buildWeb, prepare } from './prepare.ts'
import { readSecrets } from './secrets.ts'

/** `npm start`: the whole system on one machine, behind one port. */
const started = Date.now()
const port = Number(process.env['PORT'] ?? 8080)
const undo: { name: string; stop: () => Promise<unknown> }[] = []
let isEnding = false

/** Of an application that is developed against this system. */
const ownOrigins = (process.env['PUBLIC_ORIGINS'] ?? '').split(',').filter(Boolean)

const origins = [`http://localhost:${port}`, `http://127.0.0.1:${port}`, ...ownOrigins]
/** `/practice` for a proxy that shows all of it below that path. */
const basePath = (process.env['BASE_PATH'] ?? '').replace(/\/+$/, '')

const say = (text: string) => process.stdout.write(`${text}\n`)
async function step<Result>(what: string, run: () => Promise<Result>): Promise<Result> {
  const from = Date.now()
  const result = await run()
  if (isEnding) await new Promise(() => {})
  say(`  ${what.padEnd(34)} ${((Date.now() - from) / 1000).toFixed(1)} s`)
  return result
}

/** Writes `.data/stack.json`, once there is something to write. */
let writeStackFile = async (): Promise<void> => {}

const tellRestart =
  (name: string): OnRestart =>
  (what) => {
    if (isEnding) return
    say(what === 'ended' ? `${name} ended, and is started again` : `${name} runs again`)
    void writeStackFile().catch(() => {})
  }

async function end(code: number): Promise<void> {
  if (isEnding) return
  isEnding = true
  for (const { stop } of undo.toReversed()) await stop().catch(() => {})
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (isEnding) return
    say('\nStopping …')
    void end(0)
  })

try {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error('PORT is not a port.')
  if (!(await isPortFree(port)))
    throw new Error(`Port ${port} is taken. Stop what uses it, or choose another: PORT=9000 npm start`)
  say('DermLive is starting:')
  await mkdir(DATA, { recursive: true })
  await step('generated code', prepare)
  const building = buildWeb()
  building.catch(() => {})
  const secrets = await readSecrets(DATA)
  const postgres = await step('Postgres', () => startPostgres({ folder: DATA, onRestart: tellRestart('postgres') }))
  undo.push({ name: 'postgres', stop: postgres.stop })
  if (!postgres.data.startsWith(DATA))
    say(`  Postgres runs as nobody, who cannot get to ${DATA}: its data is in ${postgres.data}`)
  const users = await readRedisUsers(join(DATA, 'redis'))
  const redis = await step('Redis', () =>
    startRedis({ folder: join(DATA, 'redis'), users, onRestart: tellRestart('redis') }),
  )
  undo.push({ name: 'redis', stop: redis.stop })
  const { createSystem, prepareDatabase, redisUrlsOf } = await import('./system.ts')
  const { SEED_ACCOUNTS } = await import('@derm/database')
  const databases = await step('schema and seed data', () => prepareDatabase(postgres, secrets, { size: 'full' }))
  await step('web client', () => building)

  const log = createWriteStream(join(DATA, 'stack.log'), { flags: 'a' })
  const system = await createSystem({
    apis: 2,
    nodes: 2,
    origins,
    // A server of one's own has the users that its operator gave it.
    redisUrls: redisUrlsOf(redis.url, redis.program ? users : null),
    databases,
    secrets,
    env: { NODE_ENV: process.env['NODE_ENV'] ?? 'development' },
    restarts: true,
    print(line) {
      log.write(`${line}\n`)
      if (/"level":"(error|fatal)"/.test(line) || !line.includes('{"level"')) say(line)
    },
    onChange: () => void writeStackFile().catch(() => {}),
  })
  const services = [...system.apis, ...system.nodes]
  writeStackFile = () =>
    writeFile(
      join(DATA, 'stack.json'),
      JSON.stringify(
        [
          { name: 'gateway', pid: process.pid, port, adminPort: null },
          { name: 'postgres', pid: postgres.pid, port: postgres.port, adminPort: null },
          { name: 'redis', pid: redis.program?.pid ?? null, port: redis.port, adminPort: null },
          ...services.map(({ name, pid, spec }) => ({ name, pid, port: spec.port, adminPort: spec.adminPort })),
        ],
        null,
        2,
      ),
    )
  undo.push({ name: 'services', stop: () => Promise.all(services.map((service) => service.stop())) })
  await step('two API pods, two realtime nodes', async () => {
    for (const service of services) service.start()
    await Promise.all(services.map((service) => service.whenReady()))
  })
  const gateway = await startGateway({
    port,
    dist: WEB_DIST,
    apis: system.apis,
    nodes: system.nodes,
    basePath,
    origins,
  })
  undo.push({ name: 'gateway', stop: gateway.stop })
  await writeStackFile()

  say(`\nReady in ${((Date.now() - started) / 1000).toFixed(0)} s: http://localhost:${port}${basePath}\n`)
  say('Sign in with one of these; the password is the same for all:')
  for (const { email, password, label, tenant } of SEED_ACCOUNTS)
    say(`  ${email.padEnd(34)} ${password.padEnd(10)} ${tenant}, ${label}`)
  say(`\nLogs: ${join(DATA, 'stack.log')}. Ctrl-C stops everything.`)
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`)
  await end(1)
}
