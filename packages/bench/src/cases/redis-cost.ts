import { waitUntil } from '@derm/local-servers'
import { Redis } from 'ioredis'
import { startServer } from '../child.ts'
import { median } from '../median.ts'
import type { OurSystem } from '../our-system.ts'
import { startSwarm } from '../swarm.ts'
import type { Table } from '../table.ts'
import { pause } from './delivery-cost.ts'

/**
 * CPU of Redis per event at 500 events a second: history, head and publish in one script, beside a bare PUBLISH of the same bytes. To
 * each listens one server with one client: that Redis wakes it is part of both.
 */
export async function compareRedisCost(ours: OurSystem, { events = 1000, rounds = 5 } = {}): Promise<Table> {
  const redis = new Redis(ours.stack.redis.url)
  const listener = await startServer('bare-ws', { REDIS_URL: ours.stack.redis.url })
  const swarms = [
    await startSwarm({ url: `ws://127.0.0.1:${listener.port}`, count: 1, protocol: 'bare' }),
    await ours.startSwarm(1),
  ]
  // A node that had clients before listens for a while yet.
  await waitUntil(async () => (await countListeners(redis, 'derm:*:c:*')) === 1, {
    what: 'one node to listen',
    timeoutMs: 60_000,
  })
  const costs = { publish: [] as number[], append: [] as number[] }
  const readCpuUs = async () => {
    const info = await redis.info('cpu')
    const field = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1])
    return (field('used_cpu_user') + field('used_cpu_sys')) * 1e6
  }
  async function measure(run: () => Promise<unknown>): Promise<number> {
    const before = await readCpuUs()
    for (let i = 0; i < events; i++) {
      await run()
      await pause(2)
    }
    return ((await readCpuUs()) - before) / events
  }
  try {
    for (let round = 0; round < rounds; round++) {
      costs.publish.push(await measure(() => redis.publish('bench:bare', ours.sampleFrame)))
      costs.append.push(await measure(() => ours.publish(1)))
    }
  } finally {
    for (const swarm of swarms) await swarm.stop()
    await listener.stop()
    redis.disconnect()
  }
  const [publish, append] = [median(costs.publish), median(costs.append)]
  return {
    title: 'CPU of Redis per event, one at a time',
    columns: ['', 'µs per event', 'over PUBLISH'],
    rows: [
      ['bare PUBLISH', publish.toFixed(0), '1.00'],
      ['DermLive: history, head and PUBLISH in one script', append.toFixed(0), (append / publish).toFixed(2)],
    ],
  }
}

async function countListeners(redis: Redis, pattern: string): Promise<number> {
  const channels = (await redis.pubsub('CHANNELS', pattern)) as string[]
  if (channels.length === 0) return 0
  const counts = (await redis.pubsub('NUMSUB', ...channels)) as (string | number)[]
  return counts.reduce<number>((sum, count, i) => sum + (i % 2 === 1 ? Number(count) : 0), 0)
}
