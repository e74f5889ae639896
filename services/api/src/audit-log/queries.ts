import { z } from 'zod'
import type { AuditEntry, AuditList, AuditQuery, TenantId } from '@derm/contract'
import type { Prisma, TenantTx } from '@derm/database'
import { decodeCursor, toPage } from '../http/cursor.ts'

type Row = Prisma.AuditEntryGetPayload<object>

/**
 * A page of the tenant's audit log, newest first. Entries that are added while somebody turns the pages are newer than the first page's, so no
 * later page has one twice or lacks one.
 */
export async function readAuditLog(tx: TenantTx, tenantId: TenantId, query: AuditQuery): Promise<AuditList> {
  const before = decodeCursor(query.cursor, [z.iso.datetime(), z.string().regex(/^\d{1,18}$/)])
  const rows = await tx.auditEntry.findMany({
    where: { AND: [{ tenantId }, matching(query), before ? olderThan(new Date(before[0]), BigInt(before[1])) : {}] },
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
    take: query.limit + 1,
  })
  const actors = await tx.user.findMany({
    where: { tenantId, id: { in: [...new Set(rows.map(({ actorId }) => actorId))] } },
    select: { id: true, displayName: true },
  })
  const nameOf = new Map(actors.map(({ id, displayName }) => [id, displayName]))
  return toPage(
    rows,
    query.limit,
    (row) => [row.at.toISOString(), String(row.id)],
    (row) => toAuditEntry(row, nameOf.get(row.actorId) ?? null),
  )
}

function matching({ actorId, subjectType, subjectId, action, from, to }: AuditQuery): Prisma.AuditEntryWhereInput {
  return {
    ...(actorId === undefined ? {} : { actorId }),
    ...(subjectType === undefined ? {} : { subjectType }),
    ...(subjectId === undefined ? {} : { subjectId }),
    // Prisma makes a LIKE of it, for which `_` is any character.
    ...(action === undefined ? {} : { action: { startsWith: action.replaceAll('_', '\\_') } }),
    at: { ...(from === undefined ? {} : { gte: new Date(from) }), ...(to === undefined ? {} : { lt: new Date(to) }) },
  }
}

const olderThan = (at: Date, id: bigint): Prisma.AuditEntryWhereInput => ({
  OR: [{ at: { lt: at } }, { at, id: { lt: id } }],
})

function toAuditEntry(
  { id, at, details, tenantId: _tenant, sessionId: _session, ...row }: Row,
  actorName: string | null,
): AuditEntry {
  return { ...row, id: String(id), at: at.toISOString(), actorName, details: details as AuditEntry['details'] }
}
