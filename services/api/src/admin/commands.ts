import { z } from 'zod'
import { CodedError, Id, LocationId, Role, SessionId, UserId, type GrantsUpdate } from '@derm/contract'
import { loadSessionCaller } from '../access/principal.ts'
import { lockUserAccess, endSessions } from '../access/user-access.ts'
import { invalid } from '../http/invalid.ts'
import { requireAction } from '../aggregate/lock-entity.ts'
import { fullTx, type Change } from '../change.ts'

/** What an administrator sees of a user's access. `version` rises with each change. */
export const UserAccess = z.object({
  id: Id,
  active: z.boolean(),
  version: z.number().int(),
  grants: z.array(z.object({ role: Role, locationId: LocationId.nullable() })),
})
export type UserAccess = z.infer<typeof UserAccess>

/** Takes all access back: every session ends, every socket is closed, no token is taken any more. */
export async function revokeUser(change: Change, id: string): Promise<UserAccess> {
  const { audit, afterCommit } = change
  const tx = fullTx(change)
  await requireOther(change, id)
  await endSessions(tx, id)
  const row = await tx.userAccess.update({ where: { userId: id }, data: { active: false, version: { increment: 1 } } })
  audit({ action: 'user.revoke', subjectType: 'user', subjectId: id })
  afterCommit(() => change.revoker.revokeUser(UserId.parse(id)))
  return toUserAccess(row)
}

/** Replaces a user's grants. In force with the commit; live sockets lose and gain channels at once. */
export async function updateGrants(
  change: Change,
  id: string,
  { grants }: z.infer<typeof GrantsUpdate>,
): Promise<UserAccess> {
  const { caller, audit, afterCommit } = change
  const tx = fullTx(change)
  await requireOther(change, id)
  for (const { locationId } of grants)
    if (locationId !== null && !caller.locations.some((known) => known === locationId))
      throw invalid('body', 'grants', 'names a location that is not this practice’s')
  const row = await tx.userAccess.update({ where: { userId: id }, data: { grants, version: { increment: 1 } } })
  audit({ action: 'user.grants', subjectType: 'user', subjectId: id, details: { count: grants.length } })
  afterCommit(() => change.revoker.checkAccess(UserId.parse(id)))
  return toUserAccess(row)
}

/** `hasEnded`: false when it had ended before. */
export const EndedSessions = z.object({ hasEnded: z.boolean() })
export type EndedSessions = z.infer<typeof EndedSessions>

/** Ends one session, and its sockets everywhere; the user may sign in again. One's own current one is ended by signing out. */
export async function endUserSession(change: Change, id: string): Promise<EndedSessions> {
  const { caller, audit, afterCommit } = change
  requireAction(caller, 'administer', null)
  if (id === caller.sessionId) throw new CodedError('forbidden')
  const tx = fullTx(change)
  const session = await tx.session.findFirst({ where: { id, tenantId: caller.tenantId }, select: { userId: true } })
  if (!session) throw new CodedError('not_found')
  await requireKnown(change, session.userId)
  const hasEnded = await endSessions(tx, session.userId, id)
  audit({ action: 'user.end-session', subjectType: 'session', subjectId: id, details: { hasEnded } })
  afterCommit(() => change.revoker.endSession(SessionId.parse(id)))
  return { hasEnded }
}

/** Ends all sessions of a user. Their access stays as it is. */
export async function endUserSessions(change: Change, id: string): Promise<EndedSessions> {
  const { audit, afterCommit } = change
  await requireOther(change, id)
  const hasEnded = await endSessions(fullTx(change), id)
  audit({ action: 'user.end-sessions', subjectType: 'user', subjectId: id, details: { hasEnded } })
  // The row names the sessions that have ended: one message is enough, however many they are.
  afterCommit(() => change.revoker.checkAccess(UserId.parse(id)))
  return { hasEnded }
}

/**
 * Owners of the whole practice only, and not for themselves: a practice that locked itself out could not let itself in again. Both rows are locked,
 * in the order of their ids, and the caller's access is read again then: of two owners who revoke each other at once, one is refused.
 * @throws CodedError `forbidden`, `not_found`, `access_revoked`
 */
async function requireOther(change: Change, id: string): Promise<void> {
  await requireKnown(change, id)
  if (id === change.caller.userId) throw new CodedError('forbidden')
}

async function requireKnown(change: Change, id: string): Promise<void> {
  const { caller } = change
  const tx = fullTx(change)
  requireAction(caller, 'administer', null)
  await lockUserAccess(tx, caller.userId, id)
  const { sessionId } = caller
  if (sessionId === null) throw new CodedError('forbidden')
  requireAction(await loadSessionCaller(tx, { ...caller, sessionId }), 'administer', null)
  if (!(await tx.userAccess.findUnique({ where: { userId: id }, select: { userId: true } })))
    throw new CodedError('not_found')
}

function toUserAccess(row: { userId: string; active: boolean; version: bigint; grants: unknown }): UserAccess {
  return UserAccess.parse({ id: row.userId, active: row.active, version: Number(row.version), grants: row.grants })
}
