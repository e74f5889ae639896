import type { LoginResponse } from '@derm/contract'
import type { TenantTx } from '@derm/database'

/** How far back a user is told of what happened to their account. */
const TOLD_MS = 30 * 24 * 3_600_000

/** How often a wrong password was given for the user's account, from the audit log; `null` when it never was. */
export async function countRefusedSignIns(
  tx: TenantTx,
  userId: string,
  since: Date | null,
  now: number,
): Promise<LoginResponse['refusedSignIns']> {
  const earliest = new Date(now - TOLD_MS)
  const { _count, _max } = await tx.auditEntry.aggregate({
    where: {
      subjectId: userId,
      action: 'session.refused',
      at: { gt: since && since > earliest ? since : earliest },
    },
    _count: { id: true },
    _max: { at: true },
  })
  return _max.at ? { count: _count.id, lastAt: _max.at.toISOString() } : null
}
