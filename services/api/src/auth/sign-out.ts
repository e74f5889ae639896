import { withTenant } from '@derm/database'
import { endSessions } from '../access/user-access.ts'
import type { Api } from '../api.ts'
import { toAuditRow, type AuditSource } from '../audit/audit-row.ts'
import type { Session } from './sign-in.ts'

/** Ends a session, and closes its sockets on every node. Says nothing when it had ended already, or is another user's. */
export async function signOut(api: Api, session: Session, source: AuditSource): Promise<void> {
  const { tenantId, sessionId, userId } = session
  const hasEnded = await withTenant(api.prisma, tenantId, async (tx) => {
    const row = await tx.session.findUnique({ where: { id: sessionId }, select: { userId: true } })
    if (row?.userId !== userId || !(await endSessions(tx, userId, sessionId))) return false
    await tx.auditEntry.create({
      data: toAuditRow(session, source, { action: 'session.end', subjectType: 'session', subjectId: sessionId }),
    })
    return true
  })
  if (hasEnded) api.revoker.endSession(sessionId)
}
