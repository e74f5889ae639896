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
   * at its double, its fourfold and so on. Counted over all pods; a patient counts once a day (UTC), in however many lists.
   */
  note(tx: TenantTx, tenantId: TenantId, shown: readonly Shown[]): Promise<BulkRead[]>
}

export function createPatientViews(perHour: number, now: () => number): PatientViews {
  let day = ''
  const remembered = new Set<string>()

  function pickNew(shown: readonly Shown[]): { userId: string; patientId: string }[] {
    const today = new Date(now()).toISOString().slice(0, 10)
    if (today !== day || remembered.size > MAX_REMEMBERED) remembered.clear()
    day = today
    const pairs = new Map<string, { userId: string; patientId: string }>()
    for (const { userId, patientIds } of shown)
      for (const patientId of patientIds) pairs.set(`${userId} ${patientId}`, { userId, patientId })
    // One order for all pods: two that note the same never wait for each other in a circle.
    return [...pairs]
      .filter(([key]) => !remembered.has(key))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, pair]) => pair)
  }

  return {
    async note(tx, tenantId, shown) {
      const pairs = pickNew(shown)
      if (pairs.length === 0) return []
      const users = [...new Set(pairs.map(({ userId }) => userId))]
      const at = new Date(now())
      // A user's entries are counted one transaction after the other, so that none passes a limit unseen.
      await tx.$queryRaw`
        SELECT pg_advisory_xact_lock(hashtextextended(u, 7105))::text FROM unnest(${users}::text[]) AS u ORDER BY u`
      const added = await tx.$queryRaw<{ user_id: string }[]>`
        INSERT INTO patient_views (tenant_id, user_id, day, patient_id, at)
        SELECT ${tenantId}::uuid, pair.u, ${day}::date, pair.p, ${at}::timestamptz
        FROM unnest(${pairs.map(({ userId }) => userId)}::uuid[], ${pairs.map(({ patientId }) => patientId)}::uuid[]) AS pair (u, p)
        ON CONFLICT DO NOTHING RETURNING user_id`
      const counts = await tx.$queryRaw<{ userId: string; hour: number; day: number }[]>`
        SELECT user_id AS "userId", count(*)::int AS day, (count(*) FILTER (WHERE at > ${at}::timestamptz - interval '1 hour'))::int AS hour
        FROM patient_views WHERE user_id = ANY (${users}::uuid[]) AND day = ${day}::date GROUP BY user_id`
      for (const { userId, patientId } of pairs) remembered.add(`${userId} ${patientId}`)
      return counts.flatMap(({ userId, ...count }) => {
        const more = added.filter((row) => row.user_id === userId).length
        return (['hour', 'day'] as const).flatMap((window) => {
          const limit = window === 'hour' ? perHour : perHour * HOURS
          const hasPassed = levelOf(count[window], limit) > levelOf(count[window] - more, limit)
          return hasPassed ? [{ userId, window, count: count[window], limit }] : []
        })
      })
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
