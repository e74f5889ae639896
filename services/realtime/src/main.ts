import { createJwksSource, createTokenVerifier } from '@derm/auth'
import { SESSION_OPTIONS, SessionError, requireSession, type SettingRow } from '@derm/core/postgres'
import { createRedisEventLogReader, createSigner } from '@derm/core/redis'
import { createAdminServer, createLifecycle, createLogger, createRedisConnections, warnOfInsecure } from '@derm/runtime'
import pg from 'pg'
import { readConfig } from './config.ts'
import { createRealtimeNode } from './node.ts'
import { createRealtimeMetrics } from './metrics/realtime-metrics.ts'

const config = readConfig(process.env)
const logger = createLogger({ service: 'realtime', instance: config.INSTANCE_NAME, level: config.LOG_LEVEL })
warnOfInsecure(config, logger)
const metrics = createRealtimeMetrics()
const redis = createRedisConnections({ url: config.REDIS_URL, instance: config.INSTANCE_NAME, logger })
const accessPool = new pg.Pool({
  connectionString: config.ACCESS_DATABASE_URL,
  max: 3,
  connectionTimeoutMillis: 2000,
  query_timeout: 3000,
  options: SESSION_OPTIONS,
  application_name: config.INSTANCE_NAME,
})
accessPool.on('error', (error) => logger.warn({ error }, 'an idle connection to Postgres was lost'))
const eventSigner = createSigner(config.EVENT_SIGNING_SECRET, 'event log')

/** Without Postgres a node starts all the same, unready. With one whose sessions are other than they must be, it does not. */
async function checkSession(): Promise<void> {
  try {
    await requireSession(async (sql) => (await accessPool.query<SettingRow>(sql)).rows)
  } catch (error) {
    if (error instanceof SessionError) throw error
    logger.warn({ error }, 'the session with Postgres could not be checked')
  }
}

const keys = createJwksSource({
  urls: config.JWKS_URLS,
  onFault: (error) => logger.warn({ error }, 'public keys could not be fetched'),
})

const node = createRealtimeNode({
  config,
  logger,
  metrics,
  verifier: createTokenVerifier({ keys, issuer: config.JWT_ISSUER, audience: config.JWT_AUDIENCE }),
  keys,
  accessPool,
  eventLog: createRedisEventLogReader(redis.commands('event-log'), redis.subscriber('event-log-pubsub'), {
    signer: eventSigner,
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

lifecycle.add({ name: 'redis', stop: () => redis.close() })
lifecycle.add({ name: 'access', start: checkSession, stop: () => accessPool.end() })
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
