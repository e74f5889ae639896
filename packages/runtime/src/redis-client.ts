import { readFileSync } from 'node:fs'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { RedisClient } from '@derm/core/redis'
import type { RedisAddress } from './redis-address.ts'

/** Files of TLS: whose certificates are believed beside the public ones' place, and the own certificate and key where a server asks for them. */
export type RedisTlsFiles = {
  REDIS_CA_FILE?: string | undefined
  REDIS_CERT_FILE?: string | undefined
  REDIS_KEY_FILE?: string | undefined
}

export type ClientOptions = Omit<RedisOptions, 'replyMapping'>

const retryStrategy = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 6), 1_000) * (0.5 + Math.random() / 2)

/** How long the client of a Cluster goes by an old map of the slots, where no redirection tells it of a new one. Each look is a connection. */
const SLOTS_EVERY_MS = 5_000
/** Of one command, with 100 ms between them: less than a second in all. */
const MAX_REDIRECTIONS = 8

/** Makes clients of one address. Each retries for ever, with jitter. */
export function createClientFactory(address: RedisAddress, files: RedisTlsFiles) {
  const tls = address.hasTls ? readTls(files) : undefined
  const base: ClientOptions = {
    connectTimeout: 2_000,
    keepAlive: 10_000,
    // A replica that was the master: go and look for the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    disableClientInfo: true,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(tls ? { tls } : {}),
  }
  const [first] = address.hosts

  return {
    /** For one server, wherever it is: of a Cluster one of its servers, which keeps its address. */
    single: (options: ClientOptions, at: { host: string; port: number } = first!): Redis =>
      new Redis({ ...base, ...at, db: address.database, retryStrategy, ...options }),

    any(options: ClientOptions, { slotsEveryMs = SLOTS_EVERY_MS }: { slotsEveryMs?: number } = {}): RedisClient {
      if (address.kind === 'single') return this.single(options)
      if (address.kind === 'sentinel')
        return new Redis({
          ...base,
          db: address.database,
          retryStrategy,
          sentinels: address.hosts.map((host) => ({ ...host })),
          name: address.masterName!,
          sentinelRetryStrategy: retryStrategy,
          sentinelCommandTimeout: 1_000,
          // Sentinels say when they have promoted another master: so a connection to a master that lives on as a replica ends.
          failoverDetector: true,
          ...(address.sentinelUsername === undefined ? {} : { sentinelUsername: address.sentinelUsername }),
          ...(address.sentinelPassword === undefined ? {} : { sentinelPassword: address.sentinelPassword }),
          ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: tls } : {}),
          ...options,
        })
      const { commandTimeout, ...others } = options
      return new Cluster([...address.hosts], {
        clusterRetryStrategy: retryStrategy,
        // A command without a server fails: the client's queue has no deadline.
        enableOfflineQueue: false,
        slotsRefreshInterval: slotsEveryMs,
        maxRedirections: MAX_REDIRECTIONS,
        // The certificate is that of a name: names are not resolved before the handshake.
        ...(tls
          ? { dnsLookup: (host: string, callback: (error: null, found: string) => void) => callback(null, host) }
          : {}),
        redisOptions: { ...base, ...others, ...(commandTimeout === undefined ? {} : { commandTimeout }) },
      })
    },
  }
}

/** @throws when a file cannot be read: without it nothing could be believed, or everything. */
function readTls({ REDIS_CA_FILE, REDIS_CERT_FILE, REDIS_KEY_FILE }: RedisTlsFiles): NonNullable<RedisOptions['tls']> {
  return {
    ...(REDIS_CA_FILE === undefined ? {} : { ca: readFileSync(REDIS_CA_FILE) }),
    ...(REDIS_CERT_FILE === undefined ? {} : { cert: readFileSync(REDIS_CERT_FILE) }),
    ...(REDIS_KEY_FILE === undefined ? {} : { key: readFileSync(REDIS_KEY_FILE) }),
  }
}
