import { createKeyRing, createTokenIssuer, createTokenVerifier } from '@derm/auth'
import { systemClock } from '@derm/core'
import { createPrisma } from '@derm/database'
import { ConfigError, createAdminServer, createLifecycle, createLogger, createMetrics, createRedisConnections } from '@derm/service'
import { createSocketKicker } from './access/socket-kicker.ts'
import type { Api } from './api.ts'
import { createApiMetrics } from './api-metrics.ts'
import { createAuditWriter } from './audit/audit-writer.ts'
import { createRefreshTokens } from './auth/refresh-token.ts'
import { createMemoryCounters, createRedisCounters, createSignInLimiter, withFallback } from './auth/sign-in-limiter.ts'
import { readConfig, type ApiConfig } from './config.ts'
import { createApp } from './create-app.ts'
import { createPodRelay } from './relay.ts'
import { createHttpServer } from './server.ts'

/** Puts one API pod together. Steps start in this order and end in the opposite one: requests first, what they need last. */
async function run(config: ApiConfig): Promise<void> {
  const instance = config.INSTANCE_NAME
  const log = createLogger({ service: 'api', instance, level: config.LOG_LEVEL })
  const metrics = createMetrics()
  const apiMetrics = createApiMetrics(metrics)
  const redis = createRedisConnections({ url: config.REDIS_URL, instance, log })
  const prisma = createPrisma(config.DATABASE_URL, { max: config.DATABASE_POOL_SIZE, applicationName: instance })
  const keyRing = createKeyRing(config.SIGNING_KEYS_FILE, {
    onFault: (error) => log.error({ error }, 'the signing keys could not be read again; those from before stay in force'),
  })
  const tokens = { issuer: config.JWT_ISSUER, audience: config.JWT_AUDIENCE }
  const audit = createAuditWriter(prisma, (rows) => {
    apiMetrics.auditRows.inc(rows)
    apiMetrics.auditBatches.inc()
  })
  const relay = createPodRelay()
  const api: Api = {
    prisma,
    keyRing,
    issuer: createTokenIssuer({ keyRing, ...tokens }),
    verifier: createTokenVerifier({ keys: keyRing, ...tokens }),
    audit,
    limiter: createSignInLimiter(withFallback(createRedisCounters(redis.commands('sign-in')), createMemoryCounters())),
    refreshTokens: createRefreshTokens(config.EVENT_SIGNING_SECRET),
    kicker: createSocketKicker(redis.publisher('emitter')),
    wakeRelay: relay.wake,
    metrics: apiMetrics,
    log,
    clock: systemClock,
    origins: config.PUBLIC_ORIGINS,
    isSecure: config.PUBLIC_ORIGINS.every((origin) => origin.startsWith('https:')),
    checksAnswers: config.NODE_ENV === 'test',
  }
  const server = createHttpServer(createApp(api, { trustedProxies: config.TRUSTED_PROXIES }), config.PORT, config.HOST)
  const lifecycle = createLifecycle({
    log,
    graceMs: config.SHUTDOWN_GRACE_MS,
    isStackChild: config.STACK_CHILD === '1',
    onUnhandledRejection: () => apiMetrics.unhandledRejections.inc(),
  })
  const admin = createAdminServer({ port: config.ADMIN_PORT, host: config.HOST, isReady: lifecycle.isRunning, metrics })

  let ports: { port: number; adminPort: number } | undefined
  lifecycle.add({ name: 'redis', stop: () => redis.close() })
  lifecycle.add({ name: 'postgres', start: () => prisma.$queryRaw`SELECT 1`, stop: () => prisma.$disconnect() })
  lifecycle.add(relay)
  lifecycle.add({ name: 'audit', drain: () => audit.drain() })
  lifecycle.add({
    name: 'http',
    start: async () => {
      ports = { adminPort: await admin.start(), port: await server.start() }
    },
    drain: () => server.drain(),
    stop: () => {
      server.stop()
      return admin.stop()
    },
  })
  await lifecycle.start()
  if (lifecycle.isRunning() && ports) log.info(ports, 'listening')
}

try {
  await run(readConfig())
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
