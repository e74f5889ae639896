import { findFreePort, startRedis, type RedisServer } from '../index.ts'
import { Redis } from 'ioredis'
import { afterAll, beforeAll } from 'vitest'

/** A real Redis of one's own, and what can befall it. */
export class TestRedis {
  url = ''
  private server: RedisServer | undefined
  private port = 0

  async start(): Promise<void> {
    this.port ||= await findFreePort()
    this.server = await startRedis({ port: this.port })
    this.url = this.server.url
  }

  async stop(): Promise<void> {
    await this.server?.stop()
    this.server = undefined
  }

  /** Gone, and back without anything. */
  async restartEmpty(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Ends all connections that listen. */
  async killPubsub(): Promise<number> {
    return this.command(async (redis) => Number(await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')))
  }

  async command<Result>(run: (redis: Redis) => Promise<Result>): Promise<Result> {
    const redis = new Redis(this.url)
    try {
      return await run(redis)
    } finally {
      redis.disconnect()
    }
  }
}

/** A real Redis server for this test file; `url` can be read from `beforeAll` on. */
export function useTestRedis(): TestRedis {
  const redis = new TestRedis()
  beforeAll(() => redis.start())
  afterAll(() => redis.stop())
  return redis
}
