import { findFreePort } from '@derm/local-servers'
import { startServer } from '../child.ts'
import { inspectorEnv, readHeldBytes } from '../heap.ts'
import { median } from '../median.ts'
import type { OurSystem } from '../our-system.ts'
import { readCpuMs } from '../process-cpu.ts'
import { startSwarm, type Swarm } from '../swarm.ts'
import type { Table } from '../table.ts'
import { pause } from './delivery-cost.ts'

type Contender = {
  name: string
  pid: number
  inspectorPort: number
  connect(clients: number): Promise<Swarm>
  stop(): Promise<void>
}

/** Rounds until the compilers have done their work. */
const WARM_UP = 3

async function letGo(swarm: Swarm): Promise<void> {
  await swarm.stop()
  // Until the last of them is cleared away.
  await pause(1000)
}

/**
 * What one client costs the process that serves it: CPU from its connection to the answer of its subscription (ours with a verified token, access checks
 * and three channels), and memory while it idles. Each round connects so many and lets them go.
 */
export async function compareConnectionCost(
  ours: OurSystem,
  { clients, rounds }: { clients: number; rounds: number },
): Promise<Table> {
  const contenders = await startContenders(ours)
  const figures = new Map(contenders.map(({ name }) => [name, { cpu: [] as number[], bytes: [] as number[] }]))
  const each = async (run: (contender: Contender, own: { cpu: number[]; bytes: number[] }) => Promise<void>) => {
    for (const contender of contenders) await run(contender, figures.get(contender.name)!)
  }
  try {
    for (let round = -WARM_UP; round < rounds; round++)
      await each(async ({ pid, connect }, { cpu }) => {
        const before = await readCpuMs(pid)
        const swarm = await connect(clients)
        if (round >= 0) cpu.push(((await readCpuMs(pid)) - before) / clients)
        await letGo(swarm)
      })
    // Apart: a full collection throws compiled code away.
    for (let round = 0; round < rounds; round++)
      await each(async ({ pid, inspectorPort, connect }, { bytes }) => {
        const before = await readHeldBytes(pid, inspectorPort)
        const swarm = await connect(clients)
        bytes.push(((await readHeldBytes(pid, inspectorPort)) - before) / clients)
        await letGo(swarm)
      })
  } finally {
    for (const contender of contenders) await contender.stop()
  }
  const floor = median(figures.get(contenders[0]!.name)!.cpu)
  return {
    title: `What a client costs, ${clients} at a time`,
    columns: ['', 'CPU to connect and subscribe', 'over bare ws', 'memory while idle'],
    rows: contenders.map(({ name }) => {
      const { cpu, bytes } = figures.get(name)!
      const cost = median(cpu)
      return [name, `${cost.toFixed(2)} ms`, (cost / floor).toFixed(2), `${(median(bytes) / 1024).toFixed(1)} KiB`]
    }),
    note: 'Socket.IO here neither verifies a token nor checks access, and joins one room; ours does both, and holds three channels. Memory: V8’s heap and buffers after a full collection, without the kernel’s.',
  }
}

async function startContenders(ours: OurSystem): Promise<Contender[]> {
  const start = async (name: string, server: string, protocol: 'bare' | 'socket.io'): Promise<Contender> => {
    const inspectorPort = await findFreePort()
    const { pid, port, stop } = await startServer(server, {
      REDIS_URL: ours.stack.redis.url,
      ...inspectorEnv(inspectorPort),
    })
    const connect = (count: number) => startSwarm({ url: `ws://127.0.0.1:${port}`, count, protocol })
    return { name, pid, inspectorPort, connect, stop }
  }
  return [
    await start('bare `ws`', 'bare-ws', 'bare'),
    await start('Socket.IO, Redis adapter', 'adapter', 'socket.io'),
    {
      name: 'DermLive',
      pid: ours.nodePid,
      inspectorPort: ours.inspectorPort,
      connect: (count) => ours.startSwarm(count, '*'),
      stop: async () => {},
    },
  ]
}
