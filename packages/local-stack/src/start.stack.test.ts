import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getSeedIds } from '@derm/database'
import { ROOT, findFreePort, startRedis, waitUntil } from '@derm/local-servers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'

let folder: string
let port: number
const running: ChildProcess[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'derm-start-'))
  // As anybody's folder is: Postgres, which is not run as root, can get to it.
  await chmod(folder, 0o755)
  port = await findFreePort()
})
afterAll(async () => {
  for (const child of running)
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

/** `npm start`, in a group of its own as a terminal would have it. */
function launch(env: Record<string, string> = {}): { child: ChildProcess; output: () => string } {
  let text = ''
  const child = spawn(process.execPath, [join(ROOT, 'packages/local-stack/bin/start.js')], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), DATA_DIR: folder, NODE_ENV: 'development', ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push(child)
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString()))
  return { child, output: () => text }
}

async function start(): Promise<{ child: ChildProcess; output: () => string }> {
  const { child, output } = launch()
  await waitUntil(() => output().includes('Ready in') || child.exitCode !== null, {
    what: 'the system to be ready',
    timeoutMs: 120_000,
  })
  if (child.exitCode !== null) throw new Error(`it ended:\n${output()}`)
  return { child, output }
}

/** Processes that were started with this test's folder, whoever their parent is by now. */
async function findProcesses(): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')
    if (environment.includes(`DATA_DIR=${folder}`)) found.push(Number(name))
  }
  return found
}

const exited = (child: ChildProcess) =>
  new Promise((resolve) => (child.exitCode !== null ? resolve(child.exitCode) : child.once('exit', resolve)))

async function call(path: string, init: RequestInit = {}): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`http://localhost:${port}${path}`, {
    ...init,
    headers: {
      'content-type': 'application/json',
      origin: `http://localhost:${port}`,
      ...(init.headers as Record<string, string>),
    },
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
async function signIn(): Promise<{ authorization: string }> {
  const { body } = await call('/api/v1/auth/login', {
    method: 'POST',
    body: JSON.stringify({ email: getSeedIds().lakeside.users['frontdesk']!.email, password: 'dermlive' }),
  })
  return { authorization: `Bearer ${String(body['accessToken'])}` }
}

it('serves everything behind one port, leaves no process behind on Ctrl-C, and keeps the data', async () => {
  const first = await start()
  const page = await fetch(`http://localhost:${port}/`)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('<div id="root">')
  expect((await fetch(`http://localhost:${port}/schedule`)).status).toBe(200)
  expect((await fetch(`http://localhost:${port}/no-such-page`)).status).toBe(404)
  expect(first.output()).toContain('frontdesk@lakeside.example')
  const processes = JSON.parse(await readFile(join(folder, 'stack.json'), 'utf8')) as { name: string; pid: number }[]
  expect(processes.map(({ name }) => name)).toEqual([
    'gateway',
    'postgres',
    'redis',
    'api-1',
    'api-2',
    'realtime-1',
    'realtime-2',
  ])
  for (const { pid } of processes) expect(() => process.kill(pid, 0)).not.toThrow()

  const patient = getSeedIds().lakeside.patientIds[0]!
  const before = await call(`/api/v1/patients/${patient}`, { headers: await signIn() })
  const changed = await call(`/api/v1/patients/${patient}`, {
    method: 'PATCH',
    headers: {
      ...(await signIn()),
      'if-match': `"${String(before.body['version'])}"`,
      'idempotency-key': crypto.randomUUID(),
    },
    body: JSON.stringify({ phone: '+1 555 0100' }),
  })
  expect(changed.status).toBe(200)

  // Whatever dies is started again, and the system with it.
  for (const name of ['realtime-1', 'redis', 'postgres']) {
    const { pid } = processes.find((one) => one.name === name)!
    process.kill(pid, 'SIGKILL')
    await waitUntil(
      async () => {
        const now = JSON.parse(await readFile(join(folder, 'stack.json'), 'utf8')) as typeof processes
        const again = now.find((one) => one.name === name)!
        return again.pid !== pid && again.pid !== 0
      },
      { what: `${name} to be started again`, timeoutMs: 30_000 },
    )
    expect(first.output()).toContain(`${name} ended`)
  }
  await waitUntil(async () => (await call(`/api/v1/patients/${patient}`, { headers: await signIn() })).status === 200, {
    what: 'the system to serve again',
    timeoutMs: 30_000,
  })

  process.kill(-first.child.pid!, 'SIGINT')
  expect(await exited(first.child)).toBe(0)
  expect(await findProcesses()).toEqual([])

  const second = await start()
  const after = await call(`/api/v1/patients/${patient}`, { headers: await signIn() })
  expect(after.body).toMatchObject({ phone: '+1 555 0100', version: changed.body['version'] })

  // Killed without a chance to stop anything: nothing is left either.
  process.kill(second.child.pid!, 'SIGKILL')
  await waitUntil(async () => (await findProcesses()).length === 0, {
    what: 'the others to end with it',
    timeoutMs: 30_000,
  })
})

it('says what to do when another one uses its folder', async () => {
  const first = await start()
  const second = spawn(process.execPath, [join(ROOT, 'packages/local-stack/bin/start.js')], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(await findFreePort()), DATA_DIR: folder, NODE_ENV: 'development' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push(second)
  let text = ''
  second.stderr.on('data', (data: Buffer) => (text += data.toString()))
  expect(await exited(second)).toBe(1)
  expect(text).toContain(`uses ${folder}: stop what started it, or choose another folder with DATA_DIR`)
  expect((await call('/api/v1/auth/me')).status).toBe(401)
  process.kill(-first.child.pid!, 'SIGINT')
  expect(await exited(first.child)).toBe(0)
  expect(await findProcesses()).toEqual([])
})

it('says at once what to do when Redis is not there, or takes no such password', async () => {
  const server = await startRedis({ port: await findFreePort() })
  await new Promise<void>((resolve) => {
    const redis = new Redis(server.url)
    void redis.config('SET', 'requirepass', 'right').then(() => (redis.disconnect(), resolve()))
  })
  try {
    for (const [url, reason] of [
      ['notaurl', 'REDIS_URL is not the address of a Redis'],
      [`redis://127.0.0.1:${await findFreePort()}`, 'ECONNREFUSED'],
      [`redis://:wrong@127.0.0.1:${server.port}`, 'WRONGPASS'],
    ] as const) {
      const { child, output } = launch({ REDIS_URL: url })
      expect(await exited(child)).toBe(1)
      expect(output()).toContain(reason)
    }
  } finally {
    await server.stop()
  }
})

it('says what to do when the port is taken', async () => {
  const server = (await import('node:net')).createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  try {
    const { child, output } = launch()
    expect(await exited(child)).toBe(1)
    expect(output()).toContain(`Port ${port} is taken. Stop what uses it, or choose another`)
  } finally {
    server.close()
  }
})
