import { createReadings, type BackgroundReading, type Metrics } from '@derm/runtime'
import type { Job } from './define-job.ts'
import type { Backlog } from './due-rows.ts'

/** `passed_on`: another transaction had the row, or it was no longer due. */
export type Outcome = 'done' | 'passed_on' | 'failed'
const OUTCOMES: readonly Outcome[] = ['done', 'passed_on', 'failed']

export type JobMetrics = ReturnType<typeof createJobMetrics>

const BACKLOG_EVERY_MS = 5_000

/** `readBacklog` is asked by the clock, from `backlog.start()` on, so that it is true also while this pod's jobs stand still. */
export function createJobMetrics(
  { counter, gauge, histogram }: Metrics,
  jobs: readonly Job[],
  readBacklog: (job: Job) => Promise<Backlog>,
  createReading = createReadings({ counter, gauge }),
) {
  const runs = counter({
    name: 'job_runs_total',
    help: 'Rows that a job took up, by outcome',
    labels: ['job', 'outcome'],
  })
  const searchFailures = counter({
    name: 'job_search_failures_total',
    help: 'Searches for due rows that failed',
    labels: ['job'],
  })
  for (const { name: job } of jobs) {
    for (const outcome of OUTCOMES) runs.inc({ job, outcome }, 0)
    searchFailures.inc({ job }, 0)
  }
  const backlog: BackgroundReading<ReadonlyMap<string, Backlog>> = createReading({
    name: 'job_backlog',
    everyMs: BACKLOG_EVERY_MS,
    async read() {
      const read = new Map<string, Backlog>()
      for (const job of jobs) read.set(job.name, await readBacklog(job))
      return read
    },
  })
  const collect = (field: keyof Backlog) => (due: { set: (labels: { job: string }, value: number) => void }) => {
    for (const { name: job } of jobs) due.set({ job }, backlog.latest()?.get(job)?.[field] ?? NaN)
  }
  gauge({ name: 'job_due_rows', help: 'Rows whose time has come', labels: ['job'], collect: collect('rows') })
  gauge({
    name: 'job_due_seconds',
    help: 'How long the oldest of them has been due: the health of a job',
    labels: ['job'],
    collect: collect('seconds'),
  })
  return {
    backlog,
    runs,
    searchFailures,
    seconds: histogram({ name: 'job_run_seconds', help: 'Time of one row’s transaction', labels: ['job'] }),
  }
}
