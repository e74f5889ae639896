import { findFreePort, startRedis, type RedisServer, type RedisUsers } from '../index.ts'
import { Redis } from 'ioredis'
import { afterAll, beforeAll } from 'vitest'

/** A real Redis of one's own, and what can befall it. */
export class TestRedis {
  /** As an operator's, who may do everything. */
  url = ''
  private server: RedisServer | undefined
  private port = 0

  /** With `users`, nobody reaches it without a name. */
  constructor(private readonly users?: RedisUsers) {}

  async start(): Promise<void> {
    this.port ||= await findFreePort()
    this.server = await startRedis({ port: this.port, ...(this.users ? { users: this.users } : {}) })
    this.url = this.users?.urlOf('derm_admin', this.server.url) ?? this.server.url
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
