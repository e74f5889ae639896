import type { Redis } from 'ioredis'
import { readFailureReason, systemClock, withTimeout, type FailureReason, type Logger } from '@derm/core'
import {
  createClusterPubSub,
  createSinglePubSub,
  isCluster,
  type EventLogPubSub,
  type RedisClient,
} from '@derm/core/redis'
import { parseRedisAddress } from './redis-address.ts'
import { RedisServerError, requireRedisServer } from './redis-check.ts'
import { createClientFactory, type ClientOptions, type RedisTlsFiles } from './redis-client.ts'

/**
 * One factory per use: what is right for one use loses data or hangs in another.
 * Every connection retries for ever, with jitter, and never ends the process by an unheard `error`.
 */
export interface RedisConnections {
  /** Commands that somebody waits for: each fails after about a second, connected or not. */
  commands(name: string): RedisClient
  /** The event log's messages; who uses it subscribes again after each reconnect. A frozen server is noticed by a missing PONG. */
  eventLogPubSub(name: string): EventLogPubSub
  /** The Socket.IO adapter's subscriptions, renewed after each reconnect. */
  subscriber(name: string): RedisClient
  /** For the Socket.IO adapter's and emitter's publishing, whose promises nobody holds: they never reject. */
  publisher(name: string): RedisClient
  /**
   * Asks the server once what it is. Where nobody answers, that is said and no more: who is away comes back.
   * @throws RedisServerError when it is too old, or of another kind than the url says. [OPS37]
   */
  check(): Promise<void>
  /** Ends all of them. */
  close(): Promise<void>
}

export type RedisConnectionsOptions = {
  /** One of the forms of `REDIS_URL`. */
  url: string
  instance: string
  logger: Logger
  tls?: RedisTlsFiles
  commandDeadlineMs?: number
  /** Told each time that a connection failed. */
  onFailure?: (reason: FailureReason) => void
}

const COMMAND_DEADLINE_MS = 1_000
const CHECK_MS = 2_000
/** Nobody redirects who only listens: so the map of the slots is looked at often. */
const MAP_EVERY_MS = 1_000
const PING_EVERY_MS = 2_000
const SILENCE_LIMIT_MS = 5_000

export function createRedisConnections({
  url,
  instance,
  logger,
  tls = {},
  commandDeadlineMs = COMMAND_DEADLINE_MS,
  onFailure = () => {},
}: RedisConnectionsOptions): RedisConnections {
  const address = parseRedisAddress(url)
  if (!address) throw new Error('this is no address of a Redis')
  const factory = createClientFactory(address, tls)
  const ends: (() => Promise<unknown>)[] = []
  const pings: NodeJS.Timeout[] = []

  function watch<Client extends RedisClient>(name: string, client: Client): Client {
    const report = (error: Error) => {
      const reason = readFailureReason(error)
      logger.warn({ connection: name, reason, error }, 'redis connection failed')
      onFailure(reason)
    }
    client.on('error', report)
    // Of one server of a Cluster.
    if (isCluster(client)) client.on('node error', report)
    client.on('ready', () => logger.debug({ connection: name }, 'redis connection ready'))
    ends.push(async () => {
      if (client.status === 'ready')
        await withTimeout(systemClock, commandDeadlineMs, 'quitting', client.quit()).catch(() => {})
      client.disconnect()
    })
    return client
  }

  const named = (name: string, options: ClientOptions): ClientOptions => ({
    connectionName: `${instance}.${name}`,
    socketTimeout: SILENCE_LIMIT_MS,
    ...options,
  })
  const connect = (name: string, options: ClientOptions) => watch(name, factory.any(named(name, options)))

  /** ioredis counts a socket's silence only while an answer is due, so one has to be due regularly. */
  function keepAwake<Client extends RedisClient>(client: Client): Client {
    const timer = setInterval(() => {
      if (client.status !== 'ready') return
      const servers: { ping(): Promise<unknown> }[] = isCluster(client) ? client.nodes() : [client]
      for (const server of servers) server.ping().catch(() => {})
    }, PING_EVERY_MS)
    timer.unref()
    pings.push(timer)
    return client
  }

  const commandOptions = { commandTimeout: commandDeadlineMs, maxRetriesPerRequest: 1 }
  return {
    commands: (name) => keepAwake(connect(name, commandOptions)),

    eventLogPubSub(name) {
      // A finite maxRetriesPerRequest could leave it `ready` and subscribed to nothing.
      const options = { maxRetriesPerRequest: null, autoResubscribe: false }
      const mapName = `${name}-map`
      const map =
        address.kind === 'cluster'
          ? watch(mapName, factory.any(named(mapName, commandOptions), { slotsEveryMs: MAP_EVERY_MS }))
          : null
      if (!map || !isCluster(map)) return createSinglePubSub(keepAwake(connect(name, options)) as Redis)
      const pubSub = createClusterPubSub(map, {
        connect: (host, port) => keepAwake(watch(name, factory.single(named(name, options), { host, port }))),
      })
      ends.push(async () => pubSub.end())
      return pubSub
    },

    subscriber: (name) => keepAwake(connect(name, { maxRetriesPerRequest: null, autoResubscribe: true })),
    publisher: (name) => dropFailedPublishes(keepAwake(connect(name, { maxRetriesPerRequest: null }))),

    async check() {
      const options = named('check', { ...commandOptions, enableReadyCheck: false })
      // Of a Cluster one server, as it is: a server that is none would never be ready.
      const client = watch('check', address.kind === 'cluster' ? factory.single(options) : factory.any(options))
      const question = requireRedisServer(client, address.kind)
      await withTimeout(systemClock, CHECK_MS, 'asking Redis what it is', question)
        .catch((error: unknown) => {
          if (error instanceof RedisServerError) throw error
          logger.warn({ reason: readFailureReason(error), error }, 'Redis could not be asked what it is')
        })
        .finally(() => client.disconnect())
    },

    async close() {
      for (const timer of pings) clearInterval(timer)
      await Promise.all(ends.map((end) => end()))
    },
  }
}

/** At most once is what the adapter promises. A publish without a connection is dropped, not queued without bound, and never rejects. */
function dropFailedPublishes(redis: RedisClient): RedisClient {
  for (const name of ['publish', 'spublish'] as const) {
    const send = redis[name].bind(redis) as (...args: unknown[]) => Promise<number>
    const replaced = (...args: unknown[]) =>
      redis.status === 'ready' ? send(...args).catch(() => 0) : Promise.resolve(0)
    Object.assign(redis, { [name]: replaced })
  }
  return redis
}
