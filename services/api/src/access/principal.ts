import { z } from 'zod'
import {
  CodedError,
  LocationId,
  Role,
  SYSTEM_USER_ID,
  type Principal,
  type SessionId,
  type TenantId,
  type UserId,
} from '@derm/contract'
import type { VerifiedToken } from '@derm/auth'
import type { TenantTx } from '@derm/database'

/** Who asks, with the session that asks; the system has none. */
export type Caller = Principal & { sessionId: SessionId | null; accessVersion: number; isLicensed: boolean }

const Grants = z.array(z.object({ role: Role, locationId: LocationId.nullable() }))
const Locations = z.array(LocationId)
type AccessRow = {
  version: bigint
  active: boolean
  grants: unknown
  locations: unknown
  isLicensed: boolean
  isSessionLive: boolean
}

/**
 * The caller of a verified token, with the grants of now: `user_access` and `sessions` are read in the request's own transaction, so that
 * nothing is answered after a revocation has committed. A session that does not exist, has ended or is another user's is none, however well
 * the token is signed. [OPS1] The token's `av` is not compared: other grants are no reason to refuse it.
 * @throws CodedError `session_ended`, or `access_revoked`.
 */
export function loadCaller(tx: TenantTx, { tid, sub, sid }: VerifiedToken): Promise<Caller> {
  return loadSessionCaller(tx, { tenantId: tid, userId: sub, sessionId: sid })
}

export async function loadSessionCaller(
  tx: TenantTx,
  { tenantId, userId, sessionId }: { tenantId: TenantId; userId: UserId; sessionId: SessionId },
): Promise<Caller> {
  const [access] = await tx.$queryRaw<AccessRow[]>`
    SELECT a.version, a.active, a.grants, a.locations, u.provider_id IS NOT NULL AS "isLicensed", EXISTS (
      SELECT FROM sessions s WHERE s.id = ${sessionId}::uuid AND s.user_id = a.user_id AND s.ended_at IS NULL AND s.expires_at > now()
    ) AS "isSessionLive"
    FROM user_access a JOIN users u ON u.id = a.user_id WHERE a.user_id = ${userId}::uuid AND a.tenant_id = ${tenantId}::uuid`
  if (!access?.active) throw new CodedError('access_revoked')
  if (!access.isSessionLive) throw new CodedError('session_ended')
  return {
    tenantId,
    userId,
    sessionId,
    accessVersion: Number(access.version),
    grants: Grants.parse(access.grants),
    locations: Locations.parse(access.locations),
    isLicensed: access.isLicensed,
  }
}

/**
 * The system as caller, in one tenant. It sees what an owner sees, in every location of the tenant's; what it may do beyond that are the
 * transitions that are its own (`by: 'system'`).
 */
export async function loadSystem(tx: TenantTx, tenantId: TenantId): Promise<Caller> {
  const rows = await tx.location.findMany({ where: { tenantId }, select: { id: true } })
  return {
    tenantId,
    userId: SYSTEM_USER_ID,
    sessionId: null,
    accessVersion: 0,
    grants: [{ role: 'owner', locationId: null }],
    locations: rows.map(({ id }) => id as LocationId),
    isLicensed: false,
  }
}
