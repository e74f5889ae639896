import type { Clock, Logger, Random, Timer } from '@derm/core'
import type pg from 'pg'
import { ensureAuditPartitions, ensurePartitions, pruneAuditPartitions, prunePartitions } from './event-partitions.ts'
import { fromPg } from './sql-tx.ts'

/**
 * `pool`: derm_relay's. `keepDays`: how long events stay readable for catch-up, refill and audit. `everyMs`: between two
 * rounds, give or take a tenth, so that pods that started together part.
 */
export type UpkeepOptions = {
  pool: pg.Pool
  clock: Clock
  random: Random
  logger: Logger
  daysAhead?: number
  keepDays?: number
  everyMs?: number
}

/** Waiting → running → waiting; ended by `stop`, which waits for a round that is under way. */
export type PartitionUpkeep = { start(): Promise<void>; stop(): Promise<void> }

/**
 * Keeps the event table's and the audit log's partitions: those of the coming time exist, those of long ago go. Every pod runs it; Postgres lets one
 * at a time through. A round that fails is logged and tried again at the next: the default partition takes what comes meanwhile.
 */
export function createPartitionUpkeep({
  pool,
  clock,
  random,
  logger,
  daysAhead = 7,
  keepDays = 7,
  everyMs = 3_600_000,
}: UpkeepOptions): PartitionUpkeep {
  let timer: Timer | undefined
  let isStopped = false
  let round: Promise<void> = Promise.resolve()

  async function run(): Promise<void> {
    try {
      const made = await ensurePartitions(fromPg(pool), daysAhead)
      const dropped = await prunePartitions(fromPg(pool), keepDays)
      if (made > 0 || dropped.length > 0) logger.info({ made, dropped: dropped.length }, 'event partitions were kept')
    } catch (error) {
      logger.warn(
        { code: (error as { code?: string }).code ?? 'unknown' },
        'event partitions could not be kept this time',
      )
    }
    await keepAudit()
    if (!isStopped) timer = clock.setTimeout(() => void (round = run()), everyMs * (0.9 + random() * 0.2))
  }

  async function keepAudit(): Promise<void> {
    try {
      const made = await ensureAuditPartitions(fromPg(pool))
      const dropped = await pruneAuditPartitions(fromPg(pool))
      if (made > 0 || dropped.length > 0)
        logger.info({ made, dropped: dropped.length }, 'the audit log’s partitions were kept')
    } catch (error) {
      logger.warn(
        { code: (error as { code?: string }).code ?? 'unknown' },
        'the audit log’s partitions could not be kept this time',
      )
    }
  }

  return {
    start: () => (round = run()),
    stop() {
      isStopped = true
      clock.clearTimeout(timer)
      return round
    },
  }
}
