import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { getSeedIds } from '@derm/database'
import { Redis } from 'ioredis'
import { countUntilStill, pause } from '../cases/delivery-cost.ts'
import { readHeldBytes } from '../heap.ts'
import type { OurSystem } from '../our-system.ts'
import { readCpuMs } from '../process-cpu.ts'
import type { Table } from '../table.ts'
import { FIGURES_FILE, type Figures, type MeasuredFigures } from './figures.ts'
import { parentOf, readChildrenCpuMs, readResidentBytes } from './process-family.ts'

const CLIENTS = 1000
const IDLE_MS = 10_000

/** Measures what `npm run capacity` reckons with, and writes it down. Ends the relays. */
export async function measureFigures(ours: OurSystem): Promise<Table> {
  const redis = new Redis(ours.stack.redis.url)
  try {
    const figures: Figures = {
      ...(await measureRequests(ours)),
      ...(await measureDeliveries(ours)),
      ...(await measureConnections(ours)),
      ...(await measureRedis(ours, redis)),
    }
    const machine = `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`
    const written: MeasuredFigures = { command: 'npm run bench -- --only figures', machine, figures }
    await writeFile(FIGURES_FILE, `${JSON.stringify(written, null, 2)}\n`)
    return {
      title: 'Figures for the capacity calculator',
      columns: ['figure', 'measured'],
      rows: Object.entries(figures).map(([name, value]) => [name, value.toPrecision(3)]),
    }
  } finally {
    redis.disconnect()
  }
}

type RequestFigures = Pick<Figures, 'changeUs' | 'readUs' | 'postgresChangeUs' | 'postgresReadUs'>

/** Changes and lists over HTTP, in turn to both pods, less what the pods and Postgres do while nobody asks. */
async function measureRequests({ stack, subscription }: OurSystem): Promise<RequestFigures> {
  const location = getSeedIds().lakeside.locations['downtown']!.id
  const rows = await stack.query<{ id: string; version: number; pid: number }>(
    `SELECT id, version, pg_backend_pid() AS pid FROM appointments WHERE location_id = $1 AND starts_at < now() + interval '10 days' LIMIT 40`,
    [location],
  )
  const postmaster = await parentOf(rows[0]!.pid)
  const headers = { authorization: `Bearer ${subscription.token}`, origin: subscription.origin }
  const urlOf = (i: number) => stack.apis[i % stack.apis.length]!.url
  async function change(i: number): Promise<void> {
    const row = rows[i % rows.length]!
    const response = await fetch(`${urlOf(i)}/api/v1/appointments/${row.id}`, {
      method: 'PATCH',
      headers: {
        ...headers,
        'content-type': 'application/json',
        'if-match': `"${row.version}"`,
        'idempotency-key': crypto.randomUUID(),
      },
      body: JSON.stringify({ note: `figure ${i}` }),
    })
    if (!response.ok) throw new Error(`a change was refused: ${response.status} ${await response.text()}`)
    row.version = ((await response.json()) as { version: number }).version
  }
  async function read(i: number): Promise<void> {
    const from = new Date(Date.now() + (i % 5) * 86_400_000)
    const range = `from=${from.toISOString()}&to=${new Date(from.getTime() + 86_400_000).toISOString()}`
    const response = await fetch(`${urlOf(i)}/api/v1/appointments?locationId=${location}&${range}`, { headers })
    if (!response.ok) throw new Error(`a list was refused: ${response.status} ${await response.text()}`)
    await response.arrayBuffer()
  }
  async function count(run: () => Promise<unknown>): Promise<{ api: number; postgres: number; ms: number }> {
    const cpu = async () => ({
      api: (await Promise.all(stack.apis.map(({ pid }) => readCpuMs(pid)))).reduce((sum, ms) => sum + ms, 0),
      postgres: await readChildrenCpuMs(postmaster),
    })
    const before = await cpu()
    const start = performance.now()
    await run()
    const ms = performance.now() - start
    const after = await cpu()
    return { api: after.api - before.api, postgres: after.postgres - before.postgres, ms }
  }
  async function repeat(run: (i: number) => Promise<void>, times: number): Promise<void> {
    for (let i = 0; i < times; i++) await run(i)
  }
  await repeat(change, 300)
  await repeat(read, 300)
  const idle = await count(() => pause(IDLE_MS))
  const each = (used: { api: number; postgres: number; ms: number }, times: number) => ({
    api: ((used.api - (idle.api * used.ms) / idle.ms) * 1000) / times,
    postgres: ((used.postgres - (idle.postgres * used.ms) / idle.ms) * 1000) / times,
  })
  const changes = each(await count(() => repeat(change, 600)), 600)
  const reads = each(await count(() => repeat(read, 600)), 600)
  return {
    changeUs: changes.api,
    postgresChangeUs: changes.postgres,
    readUs: reads.api,
    postgresReadUs: reads.postgres,
  }
}

type ConnectionFigures = Pick<Figures, 'connectUs' | 'idleUsPerSecond' | 'connectionBytes' | 'nodeBytes'>

async function measureConnections(ours: OurSystem): Promise<ConnectionFigures> {
  const { nodePid, inspectorPort } = ours
  for (let i = 0; i < 3; i++) {
    const warm = await ours.startSwarm(CLIENTS, '*')
    await warm.stop()
    await pause(1000)
  }
  const quiet = await readIdle(nodePid)
  const before = await readCpuMs(nodePid)
  const swarm = await ours.startSwarm(CLIENTS, '*')
  const connectUs = (((await readCpuMs(nodePid)) - before) * 1000) / CLIENTS
  const busy = await readIdle(nodePid)
  // After the CPU: a full collection throws compiled code away.
  const held = await readHeldBytes(nodePid, inspectorPort)
  await swarm.stop()
  await pause(1000)
  const heldBefore = await readHeldBytes(nodePid, inspectorPort)
  const nodeBytes = await readResidentBytes(nodePid)
  const idleUsPerSecond = Math.max(0, ((busy - quiet) * 1000) / CLIENTS)
  // Resident memory of a connection is a third above what V8 holds for it: the kernel's pages and fragments.
  return { connectUs, idleUsPerSecond, connectionBytes: ((held - heldBefore) / CLIENTS) * 1.35, nodeBytes }
}

/** CPU of a process in a second, in milliseconds. */
async function readIdle(pid: number): Promise<number> {
  const before = await readCpuMs(pid)
  await pause(IDLE_MS)
  return ((await readCpuMs(pid)) - before) / (IDLE_MS / 1000)
}

async function measureDeliveries(ours: OurSystem): Promise<Pick<Figures, 'deliveryUs' | 'heardEventUs'>> {
  await ours.stopRelays()
  async function measure(clients: number, events: number, everyMs: number): Promise<number> {
    const swarm = await ours.startSwarm(clients)
    const idle = await readIdle(ours.nodePid)
    const round = async () => {
      await swarm.reset()
      const before = await readCpuMs(ours.nodePid)
      const start = performance.now()
      for (let i = 0; i < events; i++) {
        await ours.publish(1)
        await pause(everyMs)
      }
      await countUntilStill(swarm, clients * events)
      return (await readCpuMs(ours.nodePid)) - before - (idle * (performance.now() - start)) / 1000
    }
    await round()
    const usedMs = ((await round()) + (await round())) / 2
    await swarm.stop()
    await pause(1000)
    return (usedMs * 1000) / events
  }
  const heardEventUs = await measure(1, 1000, 2)
  const roomUs = await measure(CLIENTS, 100, 40)
  return { heardEventUs, deliveryUs: (roomUs - heardEventUs) / CLIENTS }
}

async function measureRedis(ours: OurSystem, redis: Redis): Promise<Pick<Figures, 'redisEventUs' | 'redisEntryBytes'>> {
  const field = async (section: string, name: string) =>
    Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(await redis.info(section))?.[1])
  const cpuUs = async () => ((await field('cpu', 'used_cpu_user')) + (await field('cpu', 'used_cpu_sys'))) * 1e6
  const swarm = await ours.startSwarm(1)
  const key = (await redis.keys('derm:*')).map(async (name) => ({
    name,
    isStream: (await redis.type(name)) === 'stream',
    length: await redis.xlen(name).catch(() => 0),
  }))
  const longest = (await Promise.all(key))
    .filter(({ isStream }) => isStream)
    .toSorted((a, b) => b.length - a.length)[0]!
  const before = await cpuUs()
  for (let i = 0; i < 1000; i++) {
    await ours.publish(1)
    await pause(2)
  }
  const redisEventUs = ((await cpuUs()) - before) / 1000
  await swarm.stop()
  const bytes = Number(await redis.memory('USAGE', longest.name, 'SAMPLES', 0))
  return { redisEventUs, redisEntryBytes: bytes / (await redis.xlen(longest.name)) }
}
