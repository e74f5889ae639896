import { delay, type Clock, type Logger } from '@derm/core'
import { createRedisEventLogWriter, createSigner } from '@derm/core/redis'
import { createRelay, type OutboxRow, type RelayObserver } from '@derm/core/relay'
import { createPartitionUpkeep, createPgRelayStore, createRelayPool, requirePool } from '@derm/publisher'
import { recordedTraceOf, traceIdOf, type RedisConnections, type Step, type Tracing } from '@derm/runtime'
import type { ApiMetrics } from './api-metrics.ts'
import type { ApiConfig } from './config.ts'

/** What the rest of the pod knows of its relay. */
export type PodRelay = Step & {
  /** Tells it that a commit has put events into these shards. */
  wake: (shards: readonly number[]) => void
}

export type PodRelayOptions = {
  config: Pick<
    ApiConfig,
    | 'RELAY_DATABASE_URL'
    | 'DATABASE_POOLING'
    | 'EVENT_SIGNING_SECRET'
    | 'INSTANCE_NAME'
    | 'FAULT_RELAY_PAUSE_AFTER_PUBLISH'
  >
  redis: RedisConnections
  metrics: ApiMetrics
  logger: Logger
  clock: Clock
  tracing: Tracing | null
}

/** This pod's relay, on a small pool of its own, and the upkeep of the event partitions. It stops after the last request was answered, so that it sees all commits. */
export function createPodRelay({ config, redis, metrics, logger, clock, tracing }: PodRelayOptions): PodRelay {
  const pool = createRelayPool(config.RELAY_DATABASE_URL, `${config.INSTANCE_NAME}.relay`, config.DATABASE_POOLING)
  const store = createPgRelayStore(pool)
  const signer = createSigner(config.EVENT_SIGNING_SECRET, 'event log')
  const pauseMs = config.FAULT_RELAY_PAUSE_AFTER_PUBLISH
  const relay = createRelay({
    store,
    eventLog: createRedisEventLogWriter(redis.commands('relay'), { signer, now: () => clock.now() }),
    sign: signer.sign,
    clock,
    random: Math.random,
    logger,
    observer: observeRelay(metrics, tracing, logger),
    ...(pauseMs > 0
      ? {
          afterPublish: async (rows) => {
            logger.info({ rows: rows.length }, 'relay paused after publishing')
            await delay(clock, pauseMs)
          },
        }
      : {}),
  })
  const upkeep = createPartitionUpkeep({ pool, clock, random: Math.random, logger })
  const lag = metrics.relayLag.watch(() => store.lag())

  return {
    name: 'relay',
    wake: (shards) => relay.wake(shards),
    async start() {
      await requirePool(pool, config.DATABASE_POOLING)
      relay.start()
      lag.start()
      // Not awaited: what it makes is for days to come.
      void upkeep.start()
    },
    drain: () => relay.stop(),
    async stop() {
      lag.stop()
      await upkeep.stop()
      await pool.end()
    },
  }
}

/** From the flush to the event log's answer, as a part of the trace that the event carries. [OPS45] */
function tracePublished(tracing: Tracing, logger: Logger, { channel, type, at, body }: OutboxRow): void {
  const parent = recordedTraceOf(body)
  if (parent === undefined) return
  const topic = channel.slice(channel.lastIndexOf('/') + 1)
  const attributes = { 'derm.topic': topic, 'derm.event': type }
  tracing.begin({ name: `publish ${topic}`, kind: 'producer', parent, at, attributes }).end()
  logger.debug({ traceId: traceIdOf(parent), type }, 'published')
}

function observeRelay(metrics: ApiMetrics, tracing: Tracing | null, logger: Logger): RelayObserver {
  return {
    published(rows, now) {
      metrics.relayPublished.inc(rows.length)
      if (tracing) for (const row of rows) tracePublished(tracing, logger, row)
      for (const { at } of rows) metrics.commitToPublish.observe(Math.max(0, now - at) / 1_000)
    },
    refilled: (_entries, reason) => metrics.relayRefills.inc({ reason }),
    tombstoned: () => metrics.relayTombstones.inc(),
    refillHeld: () => metrics.relayRefillsHeld.inc(),
    epochStarted: (_channel, reason) => metrics.epochsStarted.inc({ reason }),
    failed(part, reason) {
      metrics.relayFailures.inc({ part })
      metrics.relayRefusals.inc({ reason })
    },
  }
}
