import type { SqlTx } from './sql-tx.ts'

/**
 * Event rows live in one partition a day (UTC). Both functions run in Postgres as the tables' owner; any number of pods may
 * call them at once: one does the work, the others return at once. A lock that is not to be had within a second fails
 * the call (SQLSTATE 55P03) rather than hold up the writers behind it: the next call tries again.
 */

/** Makes the partitions of today and of the next `daysAhead` days that are missing; how many it made. */
export async function ensurePartitions(tx: SqlTx, daysAhead = 7): Promise<number> {
  const [row] = await tx.query<{ made: number }>('SELECT ensure_event_partitions($1::int) AS made', [daysAhead])
  return Number(row?.made ?? 0)
}

/** Drops the partitions whose day ended more than `keepDays` days ago, none with an unpublished row in it; their names. */
export async function prunePartitions(tx: SqlTx, keepDays = 7): Promise<string[]> {
  const rows = await tx.query<{ name: string }>('SELECT prune_event_partitions($1::int) AS name', [keepDays])
  return rows.map((row) => row.name)
}

/** The audit log's, one a month: those of this month and of the next `monthsAhead`; how many it made. */
export async function ensureAuditPartitions(tx: SqlTx, monthsAhead = 3): Promise<number> {
  const [row] = await tx.query<{ made: number }>('SELECT ensure_audit_partitions($1::int) AS made', [monthsAhead])
  return Number(row?.made ?? 0)
}

/** Drops the audit log's partitions whose month ended more than `keepYears` ago; their names. Postgres refuses fewer than six years. */
export async function pruneAuditPartitions(tx: SqlTx, keepYears = 6): Promise<string[]> {
  const rows = await tx.query<{ name: string }>('SELECT prune_audit_partitions($1::int) AS name', [keepYears])
  return rows.map((row) => row.name)
}
