import { Redis, type RedisOptions } from 'ioredis'
import { systemClock, withTimeout, type Logger } from '@derm/core'

/**
 * One factory per use: what is right for one use loses data or hangs in another.
 * Every connection retries for ever, with jitter, and never ends the process by an unheard `error`.
 */
export interface RedisConnections {
  /** Commands that somebody waits for: each fails after about a second, connected or not. */
  commands(name: string): Redis
  /** Subscriptions, renewed after each reconnect. A frozen server is noticed by a missing PONG. */
  subscriber(name: string): Redis
  /** For the Socket.IO adapter's and emitter's publishing, whose promises nobody holds: they never reject. */
  publisher(name: string): Redis
  /** Ends all of them. */
  close(): Promise<void>
}

const COMMAND_DEADLINE_MS = 1_000
const PING_EVERY_MS = 2_000
const SILENCE_LIMIT_MS = 5_000

const retryStrategy = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 6), 1_000) * (0.5 + Math.random() / 2)

export function createRedisConnections({
  url,
  instance,
  logger,
  commandDeadlineMs = COMMAND_DEADLINE_MS,
}: {
  url: string
  instance: string
  logger: Logger
  commandDeadlineMs?: number
}): RedisConnections {
  const connections: Redis[] = []
  const pings: NodeJS.Timeout[] = []

  function connect(name: string, options: Omit<RedisOptions, 'replyMapping'>): Redis {
    const redis = new Redis(url, {
      connectionName: `${instance}.${name}`,
      connectTimeout: 2_000,
      keepAlive: 10_000,
      retryStrategy,
      // A replica that was the master: go and look for the new one.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      ...options,
    })
    redis.on('error', (error: Error) => logger.warn({ connection: name, error }, 'redis connection failed'))
    redis.on('ready', () => logger.debug({ connection: name }, 'redis connection ready'))
    connections.push(redis)
    return redis
  }

  /** ioredis counts a socket's silence only while an answer is due, so one has to be due regularly. */
  function keepAwake(redis: Redis): Redis {
    const timer = setInterval(() => {
      if (redis.status === 'ready') redis.ping().catch(() => {})
    }, PING_EVERY_MS)
    timer.unref()
    pings.push(timer)
    return redis
  }

  return {
    commands: (name) =>
      keepAwake(
        connect(name, {
          commandTimeout: commandDeadlineMs,
          maxRetriesPerRequest: 1,
          socketTimeout: SILENCE_LIMIT_MS,
        }),
      ),
    // A finite maxRetriesPerRequest could leave it `ready` and subscribed to nothing.
    subscriber: (name) =>
      keepAwake(connect(name, { maxRetriesPerRequest: null, autoResubscribe: true, socketTimeout: SILENCE_LIMIT_MS })),
    publisher: (name) => {
      const redis = keepAwake(connect(name, { maxRetriesPerRequest: null, socketTimeout: SILENCE_LIMIT_MS }))
      return dropFailedPublishes(redis)
    },
    async close() {
      for (const timer of pings) clearInterval(timer)
      await Promise.all(
        connections.map(async (redis) => {
          if (redis.status === 'ready')
            await withTimeout(systemClock, commandDeadlineMs, 'quitting', redis.quit()).catch(() => {})
          redis.disconnect()
        }),
      )
    },
  }
}

/** At most once is what the adapter promises. A publish without a connection is dropped, not queued without bound, and never rejects. */
function dropFailedPublishes(redis: Redis): Redis {
  for (const name of ['publish', 'spublish'] as const) {
    const send = redis[name].bind(redis) as (...args: unknown[]) => Promise<number>
    const replaced = (...args: unknown[]) =>
      redis.status === 'ready' ? send(...args).catch(() => 0) : Promise.resolve(0)
    Object.assign(redis, { [name]: replaced })
  }
  return redis
}
