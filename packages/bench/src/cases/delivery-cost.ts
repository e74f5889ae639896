import { Emitter } from '@socket.io/redis-emitter'
import { Redis } from 'ioredis'
import { startServer } from '../child.ts'
import { median } from '../median.ts'
import type { OurSystem } from '../our-system.ts'
import { readCpuMs } from '../process-cpu.ts'
import { startSwarm, type Swarm } from '../swarm.ts'
import type { Table } from '../table.ts'

export type Load = { clients: number; events: number; burst: number; ratePerSecond: number; rounds: number }

type Contender = {
  name: string
  pid: number
  swarm: Swarm
  publish(count: number): Promise<void>
  stop(): Promise<void>
}

/**
 * CPU of the delivering process per delivery: one room, every client in it, the same events through each contender in turn,
 * several rounds interleaved, the median of each. Bare `ws` is 1.
 */
export async function compareDeliveryCost(ours: OurSystem, load: Load): Promise<Table> {
  const contenders = await startContenders(ours, load.clients)
  const costs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  const lost = new Map<string, number>(contenders.map(({ name }) => [name, 0]))
  try {
    for (let round = 0; round <= load.rounds; round++)
      for (const contender of contenders) {
        const { cpuMs, frames } = await runRound(contender, load)
        // The first round warms up the compilers.
        if (round > 0) costs.get(contender.name)!.push((cpuMs * 1000) / frames)
        lost.set(contender.name, lost.get(contender.name)! + load.clients * load.events - frames)
      }
  } finally {
    for (const contender of contenders) await contender.stop()
  }
  const floor = median(costs.get('bare ws')!)
  return {
    title: `CPU per delivery, one room of ${load.clients}, ${load.burst === 1 ? 'single events' : `bursts of ${load.burst}`}`,
    columns: ['', 'µs per delivery', 'over bare ws', 'lost'],
    rows: contenders.map(({ name }) => {
      const cost = median(costs.get(name)!)
      return [name, cost.toFixed(2), (cost / floor).toFixed(2), String(lost.get(name))]
    }),
  }
}

async function runRound({ pid, swarm, publish }: Contender, load: Load): Promise<{ cpuMs: number; frames: number }> {
  await swarm.reset()
  const before = await readCpuMs(pid)
  for (let sent = 0; sent < load.events; sent += load.burst) {
    await publish(load.burst)
    await pause((1000 * load.burst) / load.ratePerSecond)
  }
  const frames = await countUntilStill(swarm, load.clients * load.events)
  return { cpuMs: (await readCpuMs(pid)) - before, frames }
}

/** Counts until all have come, or nothing more has for a second. */
export async function countUntilStill(swarm: Swarm, expected: number): Promise<number> {
  let last = -1
  for (;;) {
    const { frames } = await swarm.count()
    if (frames >= expected || frames === last) return frames
    last = frames
    await pause(1000)
  }
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function startContenders(ours: OurSystem, clients: number): Promise<Contender[]> {
  const redisUrl = ours.stack.redis.url
  const [, payload] = JSON.parse(ours.sampleFrame.slice(2)) as [string, object]
  const redis = new Redis(redisUrl)
  const bare = await startServer('bare-ws', { REDIS_URL: redisUrl })
  const adapter = await startServer('adapter', { REDIS_URL: redisUrl })
  const emitter = new Emitter(redis, { key: 'bench:io' })
  const bareSwarm = await startSwarm({ url: `ws://127.0.0.1:${bare.port}`, count: clients, protocol: 'bare' })
  const adapterSwarm = await startSwarm({
    url: `ws://127.0.0.1:${adapter.port}`,
    count: clients,
    protocol: 'socket.io',
  })
  const ourSwarm = await ours.startSwarm(clients)
  return [
    {
      name: 'bare ws',
      pid: bare.pid,
      swarm: bareSwarm,
      publish: async (count) => {
        const pipeline = redis.pipeline()
        for (let i = 0; i < count; i++) pipeline.publish('bench:bare', ours.sampleFrame)
        await pipeline.exec()
      },
      stop: async () => {
        await bareSwarm.stop()
        await bare.stop()
        redis.disconnect()
      },
    },
    {
      name: 'Socket.IO, Redis adapter',
      pid: adapter.pid,
      swarm: adapterSwarm,
      publish: async (count) => {
        for (let i = 0; i < count; i++) emitter.to('bench').emit('appointment:updated', payload)
      },
      stop: async () => {
        await adapterSwarm.stop()
        await adapter.stop()
      },
    },
    { name: 'DermLive', pid: ours.nodePid, swarm: ourSwarm, publish: ours.publish, stop: () => ourSwarm.stop() },
  ]
}
