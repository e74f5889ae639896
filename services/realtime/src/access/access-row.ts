import { LocationId, Role, SessionId, TenantId, UserId, type Principal } from '@derm/contract'
import { z } from 'zod'

/** A user's row in `user_access`: all that a node knows of a person. */
export const AccessRow = z
  .object({
    user_id: UserId,
    tenant_id: TenantId,
    version: z.coerce.number().int(),
    active: z.boolean(),
    grants: z.array(z.object({ role: Role, locationId: LocationId.nullable() })),
    locations: z.array(LocationId),
    ended_sessions: z.array(SessionId),
  })
  .transform(({ user_id: userId, tenant_id: tenantId, ended_sessions: endedSessions, ...rest }) => ({
    userId,
    tenantId,
    endedSessions,
    ...rest,
  }))
export type AccessRow = z.infer<typeof AccessRow>

/** `'unreadable'`: there is a row, but not one that this node understands, as when a newer API has written it. */
export type Access = AccessRow | 'unreadable'

export function toPrincipal({ tenantId, userId, grants, locations }: AccessRow): Principal {
  return { tenantId, userId, grants, locations }
}
