import { Redis } from 'ioredis'
import { median } from '../median.ts'
import type { OurSystem } from '../our-system.ts'
import type { Table } from '../table.ts'
import { pause } from './delivery-cost.ts'

/** CPU of Redis per event at 500 events a second: history, head and publish in one script, beside a bare PUBLISH of the same bytes. */
export async function compareRedisCost(ours: OurSystem, { events = 1000, rounds = 5 } = {}): Promise<Table> {
  const redis = new Redis(ours.stack.redis.url)
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
      costs.publish.push(await measure(() => redis.publish('bench:nobody', ours.sampleFrame)))
      costs.append.push(await measure(() => ours.publish(1)))
    }
  } finally {
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
