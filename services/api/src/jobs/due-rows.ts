import type { TenantId } from '@derm/contract'
import { sessionOptions, type Pooling } from '@derm/core/postgres'
import { Prisma, type TenantTx } from '@derm/database'
import pg from 'pg'
import type { Job } from './define-job.ts'

/** `failures`: how often it has failed before. */
export type DueRow = { tenantId: TenantId; id: string; failures: number }
export type Backlog = { rows: number; seconds: number }
type Asked = Pick<Job, 'name' | 'table' | 'due'>

/** What derm_jobs sees and keeps: which rows are due, in all tenants, and which of them failed. */
export interface DueRows {
  /** Those that have waited longest first; without those that failed and whose time has not come again. */
  find(job: Asked, atMost: number): Promise<DueRow[]>
  backlog(job: Asked): Promise<Backlog>
  /** Puts a row off: for `firstMs`, then twice as long each time, up to six hours. */
  postpone(job: Asked, row: DueRow, firstMs: number): Promise<void>
  forget(job: Asked, row: DueRow): Promise<void>
}

/** A small pool: jobs never wait for a request's connection, nor requests for a job's search. */
export function createJobsPool(url: string, applicationName: string, pooling: Pooling = 'none'): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: 2,
    application_name: applicationName,
    connectionTimeoutMillis: 5_000,
    query_timeout: 8_000,
    keepAlive: true,
    ...sessionOptions(pooling),
  })
  // An idle connection that is lost is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  return pool
}

export function createDueRows(pool: pg.Pool): DueRows {
  const keyOf = ({ name }: Asked, { tenantId, id }: DueRow) => [name, tenantId, id]
  return {
    async find({ name, table, due }, atMost) {
      const { rows } = await pool.query<DueRow>(
        `SELECT due.tenant_id AS "tenantId", due.id, coalesce(failed.failures, 0) AS failures
         FROM (SELECT tenant_id, id, ${due.since} AS since FROM ${table} WHERE ${due.condition}) AS due
         LEFT JOIN job_failures AS failed ON failed.job = $1 AND failed.tenant_id = due.tenant_id AND failed.subject_id = due.id
         WHERE failed.retry_at IS NULL OR failed.retry_at <= now()
         ORDER BY due.since LIMIT $2`,
        [name, atMost],
      )
      return rows
    },
    async backlog({ table, due }) {
      const { rows } = await pool.query<Backlog>(
        `SELECT count(*)::int AS rows, coalesce(extract(epoch FROM now() - min(${due.since})), 0)::float8 AS seconds
         FROM ${table} WHERE ${due.condition}`,
      )
      return rows[0] ?? { rows: 0, seconds: 0 }
    },
    async postpone(job, row, firstMs) {
      await pool.query(
        `INSERT INTO job_failures AS failed (job, tenant_id, subject_id, failures, retry_at)
         VALUES ($1, $2, $3, 1, now() + $4 * interval '1 ms')
         ON CONFLICT (job, tenant_id, subject_id) DO UPDATE SET failures = failed.failures + 1,
           retry_at = now() + least(interval '6 hours', $4 * 2 ^ least(failed.failures, 20) * interval '1 ms')`,
        [...keyOf(job, row), firstMs],
      )
      // What failed and was then done by another pod, or by a person, is never found again.
      await pool.query(`DELETE FROM job_failures WHERE job = $1 AND retry_at < now() - interval '1 day'`, [job.name])
    },
    async forget(job, row) {
      await pool.query(
        'DELETE FROM job_failures WHERE job = $1 AND tenant_id = $2 AND subject_id = $3',
        keyOf(job, row),
      )
    },
  }
}

/** Locks the row if it is still due; nobody waits for a row that another transaction holds. */
export async function claimRow(tx: TenantTx, { table, due }: Asked, { tenantId, id }: DueRow): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT id FROM ${Prisma.raw(table)} WHERE id = ${id}::uuid AND tenant_id = ${tenantId}::uuid AND (${Prisma.raw(due.condition)})
    FOR UPDATE SKIP LOCKED`
  return rows.length > 0
}
