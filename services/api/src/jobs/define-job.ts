import type { EventType } from '@derm/contract'
import type { AnyAggregate } from '../aggregate/aggregate.ts'
import type { Change } from '../change.ts'

/**
 * Something that is done to a row once its time has come, exactly once over all pods.
 *
 * - `every`: how often due rows are looked for, in milliseconds.
 * - `due`: an SQL condition on the row's columns, and the column that says since when it holds. derm_jobs must be able to read every column
 *   that it names, of such rows in all tenants: a policy and a grant in the migration.
 * - `emits`: every event that `run` may record.
 * - `run`: the effect, in one transaction of the row's tenant, with the system as actor and the row locked. It may be tried again, never done twice.
 */
export type Job = {
  name: string
  every: number
  table: string
  due: { condition: string; since: string }
  emits: readonly EventType[]
  run: (change: Change, id: string) => Promise<void>
}

/** Declares a job about an aggregate's rows. @throws at start-up when its name could not be a metric's label. */
export function defineJob({ aggregate, ...job }: Omit<Job, 'table'> & { aggregate: Pick<AnyAggregate, 'table'> }): Job {
  if (!/^[a-z]+(-[a-z]+)*$/.test(job.name)) throw new Error(`${job.name}: a job's name is words joined by hyphens`)
  return { ...job, table: aggregate.table }
}
