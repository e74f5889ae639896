import { SYSTEM_USER_ID, type SessionId, type TenantId, type UserId } from '@derm/contract'
import type { Prisma } from '@derm/database'

/** Something that was read, changed or refused. `details`: counts and codes, nothing about a person. */
export type AuditEvent = {
  action: string
  subjectType: string
  subjectId?: string
  locationId?: string
  details?: Record<string, number | string | boolean | null>
}

/** Which request it was, and where it came from as far as the setting allows; `null` for what no request asked for. */
export type AuditSource = { requestId: string; address: string | null }

export type AuditRow = Prisma.AuditEntryCreateManyInput & { tenantId: TenantId }

/** Who did it: of a caller these three are needed. */
type Actor = { tenantId: TenantId; userId: UserId; sessionId: SessionId | null }

export function toAuditRow(actor: Actor, { requestId, address }: AuditSource, event: AuditEvent): AuditRow {
  const { action, subjectType, subjectId = null, locationId = null, details } = event
  return {
    tenantId: actor.tenantId,
    actorId: actor.userId,
    sessionId: actor.sessionId,
    action,
    subjectType,
    subjectId,
    locationId,
    requestId,
    address,
    ...(details === undefined ? {} : { details }),
  }
}

/** Of what nobody who is known did: the actor is the system, which noted it. */
export function toUnknownAuditRow(tenantId: TenantId, source: AuditSource, event: AuditEvent): AuditRow {
  return toAuditRow({ tenantId, userId: SYSTEM_USER_ID, sessionId: null }, source, event)
}
