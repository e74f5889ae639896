import type { TenantTx } from '@derm/database'
import { fullTx, type Change } from '../change.ts'
import { KEPT_MS } from '../idempotency.ts'
import type { Job } from './define-job.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** How long a session is kept after its end: until long after its last token, and for as long as sign-ins are told of. */
const SESSION_KEPT_MS = 30 * DAY
const VIEWS_KEPT_MS = 2 * DAY
/** Rows of one kind in one transaction. When there are more, the next one comes soon. */
const MOST = 2_000
const AGAIN = { usually: 6 * HOUR, whenMore: 10_000 }

/**
 * Removes a tenant's rows that have outlived their use: sessions that ended long ago, stored answers that are no longer repeated, and which
 * patients were shown on days before. The audit log is not among them: it is kept for six years, and dropped by the month (the relay's upkeep).
 */
export const removeOutlived: Job = {
  name: 'remove-outlived',
  every: 60_000,
  table: 'upkeep',
  due: { condition: 'due_at <= now()', since: 'due_at' },
  emits: [],
  async run(change: Change, id: string) {
    const tx = fullTx(change)
    const { tenantId } = change.caller
    const counts = {
      sessions: await removeSessions(tx, tenantId, change.now()),
      answers: await removeAnswers(tx, tenantId, change.now()),
      views: await removeViews(tx, tenantId, change.now()),
    }
    const isMore = Object.values(counts).some((count) => count === MOST)
    const dueAt = new Date(change.now() + (isMore ? AGAIN.whenMore : AGAIN.usually))
    await tx.upkeep.update({ where: { id, tenantId }, data: { dueAt } })
    change.audit({ action: 'upkeep.remove', subjectType: 'upkeep', details: counts })
  },
}

const before = (now: number, ms: number) => new Date(now - ms)

function removeSessions(tx: TenantTx, tenantId: string, now: number): Promise<number> {
  return tx.$executeRaw`
    DELETE FROM sessions WHERE tenant_id = ${tenantId}::uuid AND id IN (
      SELECT id FROM sessions WHERE tenant_id = ${tenantId}::uuid AND least(ended_at, expires_at) < ${before(now, SESSION_KEPT_MS)} LIMIT ${MOST})`
}

function removeAnswers(tx: TenantTx, tenantId: string, now: number): Promise<number> {
  return tx.$executeRaw`
    DELETE FROM idempotency_keys WHERE tenant_id = ${tenantId}::uuid AND (user_id, key) IN (
      SELECT user_id, key FROM idempotency_keys WHERE tenant_id = ${tenantId}::uuid AND created_at < ${before(now, KEPT_MS)} LIMIT ${MOST})`
}

function removeViews(tx: TenantTx, tenantId: string, now: number): Promise<number> {
  return tx.$executeRaw`
    DELETE FROM patient_views WHERE tenant_id = ${tenantId}::uuid AND (user_id, day, patient_id) IN (
      SELECT user_id, day, patient_id FROM patient_views WHERE tenant_id = ${tenantId}::uuid AND day < ${before(now, VIEWS_KEPT_MS)}::date LIMIT ${MOST})`
}
