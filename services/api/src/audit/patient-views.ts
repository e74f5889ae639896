import type { TenantId } from '@derm/contract'
import type { TenantTx } from '@derm/database'

/** What one answer showed to whom. */
export type Shown = { userId: string; patientIds: readonly string[] }
/** A user has been shown more patients than the work of a day asks for: `count` of them in the window, whose limit is `limit`. */
export type BulkRead = { userId: string; window: 'hour' | 'day'; count: number; limit: number }

/** A day's limit is that of so many hours. */
const HOURS = 4
/** Of what this pod knows to be noted already, so that a board that is read again each minute writes nothing. */
const MAX_REMEMBERED = 50_000

export interface PatientViews {
  /**
   * Notes which patients were shown, in the transaction of the audit entries, and answers who has just passed a limit: each at the limit, and again
   * at its double, its fourfold and so on. Counted over all pods, in the last hour and the last 24, across midnight; a patient counts once, in
   * however many lists, from the moment of a day (UTC) at which they were first shown.
   */
  note(tx: TenantTx, tenantId: TenantId, shown: readonly Shown[]): Promise<BulkRead[]>
  /** The transaction that noted it has committed: from now on it need not be noted again. What was rolled back is noted the next time. */
  committed(shown: readonly Shown[]): void
}

type Pair = { userId: string; patientId: string }
type Count = { userId: string; hour: number; day: number; hourBefore: number; dayBefore: number }

export function createPatientViews(perHour: number, now: () => number): PatientViews {
  const remembered = new Set<string>()
  /** What was noted and may still be rolled back. */
  const noted = new WeakMap<readonly Shown[], string[]>()

  /** The names of what is new, each with its day: a transaction may begin on one and commit on the next. */
  function pickNew(shown: readonly Shown[], day: string): Map<string, Pair> {
    const pairs = new Map<string, Pair>()
    for (const { userId, patientIds } of shown)
      for (const patientId of patientIds) {
        const name = `${userId} ${patientId} ${day}`
        if (!remembered.has(name)) pairs.set(name, { userId, patientId })
      }
    // One order for all pods: two that note the same never wait for each other in a circle.
    return new Map([...pairs].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  return {
    async note(tx, tenantId, shown) {
      const at = new Date(now())
      const day = at.toISOString().slice(0, 10)
      const picked = pickNew(shown, day)
      if (picked.size === 0) return []
      const pairs = [...picked.values()]
      const users = [...new Set(pairs.map(({ userId }) => userId))]
      // A user's entries are counted one transaction after the other, so that none passes a limit unseen.
      await tx.$queryRaw`
        SELECT pg_advisory_xact_lock(hashtextextended(u, 7105))::text FROM unnest(${users}::text[]) AS u ORDER BY u`
      // `before` does not see what the same statement adds.
      const counts = await tx.$queryRaw<Count[]>`
        WITH added AS (
          INSERT INTO patient_views (tenant_id, user_id, day, patient_id, at)
          SELECT ${tenantId}::uuid, pair.u, ${day}::date, pair.p, ${at}::timestamptz
          FROM unnest(${pairs.map(({ userId }) => userId)}::uuid[], ${pairs.map(({ patientId }) => patientId)}::uuid[]) AS pair (u, p)
          ON CONFLICT DO NOTHING RETURNING user_id, patient_id, at
        ), before AS (
          SELECT user_id, patient_id, at FROM patient_views
          WHERE user_id = ANY (${users}::uuid[]) AND day IN (${day}::date, ${day}::date - 1) AND at > ${at}::timestamptz - interval '1 day'
        ), patients AS (
          SELECT user_id, patient_id, bool_or(NOT is_new) AS was_there, bool_or(at > ${at}::timestamptz - interval '1 hour') AS in_hour,
            bool_or(NOT is_new AND at > ${at}::timestamptz - interval '1 hour') AS was_in_hour
          FROM (SELECT *, false AS is_new FROM before UNION ALL SELECT *, true FROM added) AS views GROUP BY user_id, patient_id
        )
        SELECT user_id AS "userId", count(*)::int AS day, (count(*) FILTER (WHERE was_there))::int AS "dayBefore",
          (count(*) FILTER (WHERE in_hour))::int AS hour, (count(*) FILTER (WHERE was_in_hour))::int AS "hourBefore"
        FROM patients GROUP BY user_id`
      noted.set(shown, [...picked.keys()])
      return counts.flatMap((count) =>
        (['hour', 'day'] as const).flatMap((window) => {
          const limit = window === 'hour' ? perHour : perHour * HOURS
          const hasPassed = levelOf(count[window], limit) > levelOf(count[`${window}Before`], limit)
          return hasPassed ? [{ userId: count.userId, window, count: count[window], limit }] : []
        }),
      )
    },
    committed(shown) {
      if (remembered.size > MAX_REMEMBERED) remembered.clear()
      for (const name of noted.get(shown) ?? []) remembered.add(name)
    },
  }
}

/** 0 below the limit, 1 from it on, 2 from its double on, and so on. */
const levelOf = (count: number, limit: number) => (count < limit ? 0 : 1 + Math.floor(Math.log2(count / limit)))

/** The patients that an answer shows, itself or in its items: of a patient's own record, or of what is about one. */
export function findPatients(subjectType: string, answer: unknown): string[] {
  const { items = [answer] } = (answer ?? {}) as { items?: unknown[] }
  const ids = items.map((item) => {
    const { id, patientId, patient } = (item ?? {}) as { id?: unknown; patientId?: unknown; patient?: { id?: unknown } }
    return subjectType === 'patient' ? id : (patient?.id ?? patientId)
  })
  return ids.filter((id) => typeof id === 'string')
}
