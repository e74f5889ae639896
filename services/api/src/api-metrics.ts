import { FAILURE_REASONS } from '@derm/core'
import { createReadings, type BackgroundReading, type Metrics } from '@derm/runtime'

type CreateReading = ReturnType<typeof createReadings>
export type ApiMetrics = ReturnType<typeof createApiMetrics>

/** A series that begins with its first event has no rate: what may happen is there as 0 from the start. */
const KNOWN = {
  outcome: ['signed_in', 'refused', 'unknown_account'],
  refill: ['unknown', 'gap', 'new_epoch', 'lost'],
  part: ['drain', 'verify', 'poll'],
  epoch: ['conflict', 'unverifiable', 'stale_epoch', 'log_ahead', 'postgres_changed'],
}

/** What the API counts. Labels are routes as declared, codes and outcomes: never a value that a request brought. */
export function createApiMetrics({ counter, gauge, histogram }: Metrics) {
  const createReading = createReadings({ gauge, counter })
  const created = {
    requests: histogram({
      name: 'http_request_seconds',
      help: 'Time to answer',
      labels: ['method', 'route', 'status'],
    }),
    refused: counter({
      name: 'http_refused_total',
      help: 'Requests refused, by code of the error catalogue',
      labels: ['code'],
    }),
    notModified: counter({ name: 'http_not_modified_total', help: 'Reads saved by a 304' }),
    readsShared: counter({ name: 'reads_shared_total', help: 'Reads answered from another request’s computation' }),
    idempotentRepeats: counter({ name: 'idempotent_repeats_total', help: 'Changes answered with the first answer' }),
    signIns: counter({ name: 'sign_ins_total', help: 'Sign-ins by outcome', labels: ['outcome'] }),
    refreshReuses: counter({
      name: 'refresh_reuses_total',
      help: 'Sessions ended because a used refresh token came again',
    }),
    auditRows: counter({ name: 'audit_rows_total', help: 'Audit entries of reads written' }),
    bulkReads: counter({ name: 'bulk_reads_total', help: 'Times that a user was shown very many patients' }),
    auditBatches: counter({ name: 'audit_batches_total', help: 'Transactions that wrote them' }),
    unhandledRejections: counter({ name: 'unhandled_rejections_total', help: 'Promises that failed unheard' }),
    createReading,
    relayLag: createLagGauges({ gauge, createReading }),
    commitToPublish: histogram({
      name: 'commit_to_publish_seconds',
      help: 'From the flush of an event to its publication',
    }),
    relayPublished: counter({ name: 'relay_published_total', help: 'Events that this pod published' }),
    relayRefills: counter({
      name: 'relay_refills_total',
      help: 'Channels brought back into Redis',
      labels: ['reason'],
    }),
    relayRefillsHeld: counter({
      name: 'relay_refills_held_total',
      help: 'Refills of a channel that was refilled again and again: somebody else writes to Redis',
    }),
    relayTombstones: counter({ name: 'relay_tombstones_total', help: 'Events given up; their clients resync' }),
    relayFailures: counter({ name: 'relay_failures_total', help: 'Rounds of the relay that failed', labels: ['part'] }),
    relayRefusals: counter({
      name: 'relay_refusals_total',
      help: 'What stopped the relay for a while, by reason: Redis’ word, or what became of the connection',
      labels: ['reason'],
    }),
    foreignMessages: counter({
      name: 'foreign_messages_total',
      help: 'Messages that no node of ours sent, dropped',
      labels: ['where'],
    }),
    redisFailures: counter({
      name: 'redis_failures_total',
      help: 'Connections to Redis that failed, by reason',
      labels: ['reason'],
    }),
    epochsStarted: counter({
      name: 'epochs_started_total',
      help: 'Channels whose history began anew',
      labels: ['reason'],
    }),
  }
  for (const outcome of KNOWN.outcome) created.signIns.inc({ outcome }, 0)
  for (const reason of KNOWN.refill) created.relayRefills.inc({ reason }, 0)
  for (const part of KNOWN.part) created.relayFailures.inc({ part }, 0)
  for (const reason of FAILURE_REASONS) {
    created.relayRefusals.inc({ reason }, 0)
    created.redisFailures.inc({ reason }, 0)
  }
  created.foreignMessages.inc({ where: 'answers' }, 0)
  for (const reason of KNOWN.epoch) created.epochsStarted.inc({ reason }, 0)
  return created
}

type Lag = { rows: number; seconds: number }

function createLagGauges({ gauge, createReading }: Pick<Metrics, 'gauge'> & { createReading: CreateReading }) {
  let reading: BackgroundReading<Lag> | undefined
  const define = (field: keyof Lag, help: string) =>
    gauge({
      name: `relay_lag_${field}`,
      help,
      collect: (lag) => lag.set(reading?.latest()?.[field] ?? NaN),
    })
  define('rows', 'Committed events that are not published; NaN while nobody could tell')
  define('seconds', 'Age of the oldest of them; NaN while nobody could tell')
  return {
    /** Read by the clock, so that it is true also while the relay does nothing. */
    watch: (read: () => Promise<Lag>) => (reading = createReading({ name: 'relay_lag', read })),
  }
}
