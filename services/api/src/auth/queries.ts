import { CodedError, type User } from '@derm/contract'
import type { TenantTx } from '@derm/database'
import type { Caller } from '../access/principal.ts'

/** What a client is told about who has signed in. */
export async function getUser(
  tx: TenantTx,
  { userId, grants, isLicensed }: Pick<Caller, 'userId' | 'grants' | 'isLicensed'>,
): Promise<User> {
  const row = await tx.user.findUnique({ where: { id: userId }, include: { tenant: { select: { name: true } } } })
  if (!row) throw new CodedError('access_revoked')
  const { id, tenantId, displayName, email, tenant } = row
  return {
    id,
    tenantId,
    tenantName: tenant.name,
    displayName,
    email,
    grants: grants.map(({ role, locationId }) => ({ role, locationId })),
    isLicensed,
  }
}
