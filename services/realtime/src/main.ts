import { createJwksSource, createTokenVerifier } from '@derm/auth'
import { SessionError, explainRefusal, requireServer, sessionOptions } from '@derm/core/postgres'
import { createRedisEventLogReader, createSigner } from '@derm/core/redis'
import {
  addSkewGauge,
  createAdminServer,
  createLifecycle,
  createLogger,
  createRedisConnections,
  createSharedClock,
  createTracing,
  readOrExit,
  routeProcessOutput,
  warnOfInsecure,
} from '@derm/runtime'
import pg from 'pg'
import { readConfig } from './config.ts'
import { createRealtimeNode } from './node.ts'
import { createRealtimeMetrics } from './metrics/realtime-metrics.ts'

const config = readOrExit('realtime', readConfig)
const logger = createLogger({ service: 'realtime', instance: config.INSTANCE_NAME, level: config.LOG_LEVEL })
routeProcessOutput(logger)
warnOfInsecure(config, logger)
const metrics = createRealtimeMetrics()
const redis = createRedisConnections({
  url: config.REDIS_URL,
  tls: config,
  instance: config.INSTANCE_NAME,
  logger,
  onFailure: (reason) => metrics.redisFailures.inc({ reason }),
})
const accessPool = new pg.Pool({
  connectionString: config.ACCESS_DATABASE_URL,
  max: 3,
  connectionTimeoutMillis: 2000,
  query_timeout: 3000,
  ...sessionOptions(config.DATABASE_POOLING),
  application_name: config.INSTANCE_NAME,
})
accessPool.on('error', (error) => logger.warn({ error }, 'an idle connection to Postgres was lost'))
const clock = createSharedClock(async () => {
  const { rows } = await accessPool.query<{ ms: number }>(
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
  )
  return rows[0]?.ms ?? NaN
})
const now = () => clock.now()
const commands = redis.commands('event-log')
/** Redis' clock dates the caught-up leases. */
const redisClock = createSharedClock(async () => {
  const [seconds, micros] = await commands.time()
  return Number(seconds) * 1_000 + Number(micros) / 1_000
})
addSkewGauge(metrics.metrics, { postgres: clock, redis: redisClock })
const eventSigner = createSigner(config.EVENT_SIGNING_SECRET, 'event log')

/** Without Postgres a node starts all the same, unready. With one whose sessions are other than they must be, it does not. */
async function checkSession(): Promise<void> {
  try {
    const client = await accessPool.connect().catch((error: unknown) => {
      throw explainRefusal(error)
    })
    const { processID } = client as unknown as { processID: number | null }
    const ask = async <Row>(sql: string) => (await client.query(sql)).rows as Row[]
    await requireServer({ processId: processID ?? 0, ask }, config.DATABASE_POOLING).finally(() => client.release())
  } catch (error) {
    if (error instanceof SessionError) throw error
    logger.warn({ error }, 'the session with Postgres could not be checked')
  }
}

const keys = createJwksSource({
  urls: config.JWKS_URLS,
  onFault: (error) => logger.warn({ error }, 'public keys could not be fetched'),
})

const tracing = await createTracing({
  endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
  share: config.OTEL_TRACES_SAMPLER_ARG,
  service: 'realtime',
  instance: config.INSTANCE_NAME,
  logger,
  now,
})

const node = createRealtimeNode({
  config,
  logger,
  metrics,
  clock,
  tracing,
  verifier: createTokenVerifier({
    ...{ keys, issuer: config.JWT_ISSUER, audience: config.JWT_AUDIENCE, now },
    leewayMs: config.TOKEN_LEEWAY_MS,
  }),
  keys,
  accessPool,
  eventLog: createRedisEventLogReader(commands, redis.eventLogPubSub('event-log-pubsub'), {
    signer: eventSigner,
    now,
    recoveries: redis.commands('event-log-recoveries'),
  }),
  eventSigner,
  adapterSigner: createSigner(config.EVENT_SIGNING_SECRET, 'adapter'),
  adapterPub: redis.publisher('adapter-pub'),
  adapterSub: redis.subscriber('adapter-sub'),
})

const lifecycle = createLifecycle({
  logger,
  graceMs: config.SHUTDOWN_GRACE_MS,
  isStackChild: config.STACK_CHILD === '1',
  onUnhandledRejection: () => metrics.handlerErrors.inc(),
})
const admin = createAdminServer({
  port: config.ADMIN_PORT,
  host: config.ADMIN_HOST,
  isReady: () => node.isReady(),
  metrics: metrics.metrics,
})

lifecycle.add({ name: 'tracing', stop: () => tracing?.stop() })
lifecycle.add({ name: 'redis', start: () => redis.check(), stop: () => redis.close() })
lifecycle.add({ name: 'access', start: checkSession, stop: () => accessPool.end() })
lifecycle.add({
  name: 'clock',
  start: async () => {
    // Redis is asked in its own time: nothing but a metric waits for it.
    void redisClock.start()
    await clock.start()
  },
  stop: () => {
    redisClock.stop()
    clock.stop()
  },
})
lifecycle.add({ name: 'admin', start: () => admin.start(), stop: () => admin.stop() })
lifecycle.add({
  name: 'node',
  start: async () => {
    const port = await node.start()
    logger.info({ port, adminPort: config.ADMIN_PORT }, 'listening')
  },
  drain: () => node.drain(),
  stop: () => node.stop(),
})
await lifecycle.start()
