import type { Clock, Logger } from '@derm/core'
import { requirePool } from '@derm/publisher'
import type { Metrics, Step } from '@derm/runtime'
import type { Api } from '../api.ts'
import type { ApiConfig } from '../config.ts'
import type { Job } from './define-job.ts'
import { createDueRows, createJobsPool } from './due-rows.ts'
import { createJobMetrics } from './job-metrics.ts'
import { JobRunner } from './job-runner.ts'

export type PodJobsOptions = {
  api: Api
  jobs: readonly Job[]
  config: Pick<
    ApiConfig,
    'JOBS_DATABASE_URL' | 'DATABASE_POOLING' | 'JOBS_EVERY_MS' | 'INSTANCE_NAME' | 'FAULT_JOB_PAUSE_BEFORE_COMMIT'
  >
  metrics: Metrics
  logger: Logger
  clock: Clock
}

/** This pod's jobs, as a step: they end before the relay does, so that it sees all their commits. */
export function createPodJobs({ api, jobs, config, metrics, logger, clock }: PodJobsOptions): Step {
  const pool = createJobsPool(config.JOBS_DATABASE_URL, `${config.INSTANCE_NAME}.jobs`, config.DATABASE_POOLING)
  const rows = createDueRows(pool)
  const pauseMs = config.FAULT_JOB_PAUSE_BEFORE_COMMIT
  const jobMetrics = createJobMetrics(metrics, jobs, (job) => rows.backlog(job), api.metrics.createReading)
  const options = {
    api,
    rows,
    metrics: jobMetrics,
    logger,
    clock,
    random: Math.random,
    ...(pauseMs > 0
      ? {
          beforeCommit: async (job: Job) => {
            logger.info({ part: job.name }, 'job paused before its commit')
            await new Promise<void>((resolve) => clock.setTimeout(resolve, pauseMs))
          },
        }
      : {}),
  }
  const runners = jobs.map(
    (job) => new JobRunner({ ...job, every: config.JOBS_EVERY_MS > 0 ? config.JOBS_EVERY_MS : job.every }, options),
  )
  return {
    name: 'jobs',
    start: async () => {
      await requirePool(pool, config.DATABASE_POOLING)
      for (const runner of runners) runner.start()
      jobMetrics.backlog.start()
    },
    drain: () => Promise.all(runners.map((runner) => runner.drain())),
    stop: () => {
      jobMetrics.backlog.stop()
      return pool.end()
    },
  }
}
