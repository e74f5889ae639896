import { Emitter } from '@socket.io/redis-emitter'
import { Redis } from 'ioredis'
import { startServer } from '../child.ts'
import type { OurSystem } from '../our-system.ts'
import { startSwarm } from '../swarm.ts'
import type { Table } from '../table.ts'
import { countUntilStill, pause } from './delivery-cost.ts'

/**
 * What is lost when the server's Redis connections are cut: `CLIENT KILL TYPE pubsub` every 200 ms while events flow.
 */
export async function compareCutLoss(
  ours: OurSystem,
  { clients = 50, events = 1000, ratePerSecond = 200 } = {},
): Promise<Table> {
  const redisUrl = ours.stack.redis.url
  const redis = new Redis(redisUrl)
  const adapter = await startServer('adapter', { REDIS_URL: redisUrl })
  const emitter = new Emitter(redis, { key: 'bench:io' })
  const adapterSwarm = await startSwarm({
    url: `ws://127.0.0.1:${adapter.port}`,
    count: clients,
    protocol: 'socket.io',
  })
  const ourSwarm = await ours.startSwarm(clients)
  const expected = clients * events

  async function run(publish: () => Promise<unknown>, swarm: typeof ourSwarm): Promise<number> {
    await swarm.reset()
    let isDone = false
    const killing = (async () => {
      while (!isDone) {
        await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
        await pause(200)
      }
    })()
    for (let i = 0; i < events; i++) {
      await publish()
      await pause(1000 / ratePerSecond)
    }
    isDone = true
    await killing
    return expected - (await countUntilStill(swarm, expected))
  }

  try {
    const lostByAdapter = await run(
      async () => emitter.to('bench').emit('appointment:updated', { filler: 'x'.repeat(170) }),
      adapterSwarm,
    )
    const lostByUs = await run(() => ours.publish(1), ourSwarm)
    const row = (name: string, lost: number) => [
      name,
      String(expected - lost),
      String(lost),
      `${((100 * lost) / expected).toFixed(2)} %`,
    ]
    return {
      title: `Lost while the server’s Redis connections are cut every 200 ms (${events} events at ${ratePerSecond}/s, ${clients} clients)`,
      columns: ['', 'delivered', 'lost', 'share'],
      rows: [row('Socket.IO, Redis adapter', lostByAdapter), row('DermLive', lostByUs)],
    }
  } finally {
    await adapterSwarm.stop()
    await ourSwarm.stop()
    await adapter.stop()
    redis.disconnect()
  }
}
