import type { Clock, Logger, Timer } from '@derm/core'
import type { Api } from '../api.ts'
import { makeTraceparent } from '../http/trace.ts'
import { runAsSystem } from '../transaction.ts'
import type { Job } from './define-job.ts'
import { claimRow, type DueRow, type DueRows } from './due-rows.ts'
import type { JobMetrics, Outcome } from './job-metrics.ts'

/** Rows of one search. Pods that search at the same moment find the same ones: each goes through them in an order of its own. */
const BATCH = 50

export type JobRunnerOptions = {
  api: Api
  rows: DueRows
  metrics: JobMetrics
  logger: Logger
  clock: Pick<Clock, 'elapsed' | 'setTimeout' | 'clearTimeout'>
  random: () => number
  /** How long a row that failed is put off the first time. */
  firstRetryMs?: number
  /** For tests: between the effect and the commit. */
  beforeCommit?: (job: Job) => Promise<void>
}

/**
 * Runs one job on this pod: looks for due rows, and takes them one after the other, each in a transaction of its own. That a row is taken once
 * over all pods is the claim's doing: it is locked and asked again whether it is due, and its effect, its events and its audit entry
 * commit together or not at all. A pod that freezes or is killed meanwhile holds one row, until Postgres ends its transaction.
 */
export class JobRunner {
  private timer: Timer | undefined
  private running: Promise<void> = Promise.resolve()
  private isDraining = false

  constructor(
    private readonly job: Job,
    private readonly options: JobRunnerOptions,
  ) {}

  start(): void {
    this.schedule()
  }

  /** Takes no further row, and resolves when the one that is under way is done. */
  async drain(): Promise<void> {
    this.isDraining = true
    this.options.clock.clearTimeout(this.timer)
    await this.running
  }

  /** Takes everything that is due now. Answers how many rows were done. */
  async runDue(): Promise<number> {
    const { rows, metrics, logger } = this.options
    let done = 0
    let settled = 0
    try {
      for (let isMore = true; isMore && !this.isDraining;) {
        const found = await rows.find(this.job, BATCH)
        const before = settled
        for (const row of this.shuffle(found)) {
          if (this.isDraining) break
          const outcome = await this.runRow(row)
          if (outcome === 'done') done++
          if (outcome !== 'passed_on') settled++
        }
        // Rows that were done or put off are not found again. A batch that was all passed on would be: it waits for the next look.
        isMore = found.length === BATCH && settled > before
      }
    } catch (error) {
      metrics.searchFailures.inc({ job: this.job.name })
      logger.warn({ part: this.job.name, error }, 'a job could not look for due rows')
    }
    return done
  }

  /** Between nine and eleven tenths of the interval, so that pods that started together drift apart. */
  private schedule(): void {
    if (this.isDraining) return
    const { clock, random } = this.options
    this.timer = clock.setTimeout(
      () => {
        this.running = this.runDue().then(() => this.schedule())
      },
      this.job.every * (0.9 + 0.2 * random()),
    )
  }

  private async runRow(row: DueRow): Promise<Outcome> {
    const { rows, metrics, logger, clock, firstRetryMs = 30_000 } = this.options
    const { job } = this
    const started = clock.elapsed()
    const outcome = await this.tryRow(row).catch(async (error: unknown): Promise<Outcome> => {
      logger.error({ part: job.name, tenantId: row.tenantId, error }, 'a job failed and is tried again later')
      await rows.postpone(job, row, firstRetryMs)
      return 'failed'
    })
    metrics.runs.inc({ job: job.name, outcome })
    metrics.seconds.observe({ job: job.name }, (clock.elapsed() - started) / 1_000)
    if (outcome === 'done' && row.failures > 0) await rows.forget(job, row)
    return outcome
  }

  private async tryRow(row: DueRow): Promise<Outcome> {
    const { api, beforeCommit } = this.options
    const { job } = this
    const request = {
      tenantId: row.tenantId,
      source: { requestId: `job:${job.name}`, address: null },
      traceparent: makeTraceparent(),
      emits: job.emits,
    }
    const wasDue = await runAsSystem(
      api,
      request,
      (tx) => claimRow(tx, job, row),
      async (change) => {
        await job.run(change, row.id)
        await beforeCommit?.(job)
      },
    )
    return wasDue ? 'done' : 'passed_on'
  }

  private shuffle(rows: readonly DueRow[]): DueRow[] {
    return rows
      .map((row) => ({ row, at: this.options.random() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ row }) => row)
  }
}
