import { createKeyRing, createTokenIssuer, createTokenVerifier } from '@derm/auth'
import { delay, type Clock, type FailureReason, type Logger } from '@derm/core'
import { createSigner } from '@derm/core/redis'
import { createPrisma, requirePrismaSession } from '@derm/database'
import { requirePostgres } from '@derm/publisher'
import {
  addSkewGauge,
  createAddressList,
  createAdminServer,
  createMetrics,
  createRedisConnections,
  createSharedClock,
  type Step,
  type Tracing,
} from '@derm/runtime'
import { createSocketLists } from './access/socket-lists.ts'
import { createSocketRevoker } from './access/socket-revoker.ts'
import type { Api } from './api.ts'
import { createApiMetrics } from './api-metrics.ts'
import { createAuditStep } from './audit/audit-step.ts'
import { createAuditWriter } from './audit/audit-writer.ts'
import { createPatientViews } from './audit/patient-views.ts'
import { createRefusals } from './audit/refusals.ts'
import { createBudgets } from './limits/budgets.ts'
import { createHeldRefusals } from './limits/held-refusals.ts'
import { createDatabaseTurns } from './limits/database-turns.ts'
import { createRefreshTokens } from './sessions/refresh-token.ts'
import { createAttemptLimiter } from './sessions/attempt-limiter.ts'
import { createDeviceTokens } from './sessions/device-token.ts'
import { createPasswordHashes } from './limits/password-hashes.ts'
import type { ApiConfig } from './config.ts'
import { CONSEQUENCES } from './consequences.ts'
import { createApp } from './create-app.ts'
import { createSharedReads } from './reads/shared-reads.ts'
import { JOBS } from './jobs.ts'
import { createPodJobs } from './jobs/pod-jobs.ts'
import { createPodRelay } from './relay.ts'
import { createHttpServer } from './server.ts'

/** So many seconds of a budget may be saved up: opening a large view, or a whole practice's after a break. */
const BURST_SECONDS = 6

export type Pod = {
  api: Api
  /** In this order they start, in the opposite one they end: requests first, what these need last. */
  steps: readonly Step[]
  /** Known once it has started. */
  ports: () => { port: number; adminPort: number }
}

export type PodOptions = { logger: Logger; isReady: () => boolean; clock?: Clock; tracing?: Tracing | null }

/** Puts one API pod together. Nothing is connected to before its step starts. `clock`: for tests; without it, the time is that of Postgres. [OPS29] */
export function createPod(config: ApiConfig, { logger, isReady, clock: given, tracing = null }: PodOptions): Pod {
  const instance = config.INSTANCE_NAME
  const metrics = createMetrics()
  const apiMetrics = createApiMetrics(metrics)
  const onFailure = (reason: FailureReason) => apiMetrics.redisFailures.inc({ reason })
  const connect = (url: string) => createRedisConnections({ url, tls: config, instance, logger, onFailure })
  const redis = connect(config.REDIS_URL)
  const relayRedis = connect(config.RELAY_REDIS_URL ?? config.REDIS_URL)
  const prisma = createPrisma(config.DATABASE_URL, {
    max: config.DATABASE_POOL_SIZE,
    applicationName: instance,
    pooling: config.DATABASE_POOLING,
  })
  const shared = createSharedClock(async () => {
    const [row] = await prisma.$queryRaw<{ ms: number }[]>`
      SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms`
    return row?.ms ?? NaN
  })
  addSkewGauge(metrics, { postgres: shared })
  const clock = given ?? shared
  const now = () => clock.now()
  const keyRing = createKeyRing(config.SIGNING_KEYS_FILE, {
    now,
    onFault: (error) =>
      logger.error({ error }, 'the signing keys could not be read again; those from before stay in force'),
  })
  const tokens = { issuer: config.JWT_ISSUER, audience: config.JWT_AUDIENCE, now }
  const audit = createAuditWriter({
    prisma,
    views: createPatientViews(config.BULK_READ_PATIENTS, now),
    onBatch: (rows) => {
      apiMetrics.auditRows.inc(rows)
      apiMetrics.auditBatches.inc()
    },
    onBulkRead: (tenantId, { userId, count }) => {
      apiMetrics.bulkReads.inc()
      logger.warn({ tenantId, userId, count }, 'a user was shown very many patients')
    },
  })
  const relay = createPodRelay({ config, redis: relayRedis, metrics: apiMetrics, logger, clock, tracing })
  const adapterSigner = createSigner(config.EVENT_SIGNING_SECRET, 'adapter')
  const api: Api = {
    prisma,
    keyRing,
    issuer: createTokenIssuer({ keyRing, ...tokens }),
    verifier: createTokenVerifier({ keys: keyRing, ...tokens, leewayMs: config.TOKEN_LEEWAY_MS }),
    audit,
    sharedReads: createSharedReads(() => apiMetrics.readsShared.inc()),
    refusals: createRefusals(now),
    budgets: createBudgets({
      user: { perSecond: config.USER_BUDGET, burst: config.USER_BUDGET * BURST_SECONDS },
      tenant: { perSecond: config.TENANT_BUDGET, burst: config.TENANT_BUDGET * BURST_SECONDS },
      now: () => clock.elapsed(),
    }),
    heldRefusals: createHeldRefusals(),
    turns: createDatabaseTurns(config.DATABASE_POOL_SIZE),
    attempts: createAttemptLimiter(prisma, config.REFRESH_TOKEN_SECRET, now),
    passwords: createPasswordHashes(),
    devices: createDeviceTokens(config.REFRESH_TOKEN_SECRET, now),
    refreshTokens: createRefreshTokens(config.REFRESH_TOKEN_SECRET),
    revoker: createSocketRevoker(redis.publisher('emitter'), adapterSigner, now),
    socketLists: createSocketLists({
      pub: redis.publisher('questions'),
      sub: redis.subscriber('answers'),
      signer: adapterSigner,
      onRefused: () => apiMetrics.foreignMessages.inc({ where: 'answers' }),
      now,
    }),
    wakeRelay: relay.wake,
    consequences: CONSEQUENCES,
    metrics: apiMetrics,
    tracing,
    logger,
    clock,
    origins: config.PUBLIC_ORIGINS,
    basePath: config.BASE_PATH,
    isSecure: config.PUBLIC_ORIGINS.every((origin) => origin.startsWith('https:')),
    auditAddresses: config.AUDIT_ADDRESSES,
    isTrustedProxy: createAddressList(config.TRUSTED_PROXIES),
    checksAnswers: config.NODE_ENV === 'test',
  }
  const server = createHttpServer(createApp(api), {
    port: config.PORT,
    host: config.HOST,
    basePath: config.BASE_PATH,
  })
  const admin = createAdminServer({ port: config.ADMIN_PORT, host: config.ADMIN_HOST, isReady, metrics })
  let ports = { port: 0, adminPort: 0 }

  return {
    api,
    ports: () => ports,
    steps: [
      { name: 'tracing', stop: () => tracing?.stop() },
      {
        name: 'redis',
        start: () => Promise.all([redis.check(), relayRedis.check()]),
        stop: () => Promise.all([redis.close(), relayRedis.close()]),
      },
      {
        name: 'postgres',
        start: async () => {
          await requirePostgres(config.DATABASE_URL, config.DATABASE_POOLING)
          await requirePrismaSession(prisma)
        },
        stop: () => prisma.$disconnect(),
      },
      { name: 'clock', start: () => shared.start(), stop: () => shared.stop() },
      relay,
      createPodJobs({ api, jobs: JOBS, config, metrics, logger, clock }),
      createAuditStep({ audit, refusals: api.refusals, logger, clock }),
      {
        name: 'http',
        start: async () => {
          ports = { adminPort: await admin.start(), port: await server.start() }
        },
        drain: async () => {
          await delay(clock, config.DRAIN_DELAY_MS)
          await server.drain()
        },
        stop: () => {
          server.stop()
          return admin.stop()
        },
      },
    ],
  }
}
