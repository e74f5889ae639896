import { CodedError, SYSTEM_USER_ID, UserId, type SessionId } from '@derm/contract'
import { withTenant, type TenantTx } from '@derm/database'
import { loadSessionCaller } from '../access/principal.ts'
import { endSessions } from '../access/user-access.ts'
import type { Api } from '../api.ts'
import { toAuditRow, type AuditSource } from '../audit/audit-row.ts'
import { noteRefusal } from '../audit/note-refusal.ts'
import type { ClientAddress } from '@derm/runtime'
import type { Turn } from '../limits/database-turns.ts'
import type { RefreshToken } from '../sessions/refresh-token.ts'
import { GRACE_MS, addRotation, readRotations } from '../sessions/rotations.ts'
import { makeAnswer, type Session, type SignedIn } from './sign-in.ts'

type Actor = { sub: UserId; sid: SessionId | null }
type Asked = { from: ClientAddress; source: AuditSource; turn: Turn }

/**
 * Rotates the refresh secret and issues the next access token. Every secret that was replaced within the grace gets the newest one, however many
 * rotations there were since: tabs that answer late, and answers that were lost, are no theft. A secret that was replaced before that was copied: the
 * session ends, on every node. A secret that never was the session's is counted before it costs more, and changes nothing.
 * @throws CodedError `session_ended`, `access_revoked`, `rate_limited`
 */
export async function refreshSession(api: Api, token: RefreshToken, { from, source, turn }: Asked): Promise<SignedIn> {
  const { tenantId, sessionId } = token
  const refuse = async (error: CodedError, actor: Actor) => {
    const route = { method: 'post', path: '/auth/refresh' }
    await noteRefusal(api, { token: { tid: tenantId, ...actor }, source, route, params: { id: sessionId }, error })
    throw error
  }
  // Whose it is, once its secret has shown that its bearer had it from them.
  let actor: Actor = { sub: SYSTEM_USER_ID, sid: null }
  const onOwner = (sub: UserId) => (actor = { sub, sid: sessionId })
  const found = await api.turns
    .run(turn, () => withTenant(api.prisma, tenantId, (tx) => rotate(api, tx, token, onOwner)))
    .catch((error: unknown) => {
      if (error instanceof CodedError && error.code === 'access_revoked') return refuse(error, actor)
      throw error
    })
  if (typeof found === 'object') return found
  const error = new CodedError('session_ended')
  // Of a session that is not there, its tenant is what the cookie claims: that tenant's log holds nothing of it.
  if (found === 'none') throw error
  if (found === 'over') return refuse(error, actor)
  const isEnded = await api.turns.run(turn, () => endIfReused(api, token, { from, source }))
  if (isEnded) throw error
  return refuse(error, actor)
}

/** `none`: there is no such session. `over`: it has ended. `other`: it has another secret. `onOwner`: called where the secret is the session's. */
async function rotate(
  { refreshTokens, clock, ...api }: Api,
  tx: TenantTx,
  { tenantId, sessionId, secret }: RefreshToken,
  onOwner: (userId: UserId) => void,
): Promise<SignedIn | 'none' | 'over' | 'other'> {
  await tx.$queryRaw`SELECT id FROM sessions WHERE id = ${sessionId}::uuid FOR UPDATE`
  const row = await tx.session.findUnique({ where: { id: sessionId } })
  const now = clock.now()
  if (!row) return 'none'
  const known = [row.refreshHash, row.previousRefreshHash, ...readRotations(row.rotations, now).map(({ hash }) => hash)]
  if (known.includes(refreshTokens.hash(secret))) onOwner(UserId.parse(row.userId))
  if (row.endedAt || row.expiresAt.getTime() <= now) return 'over'
  const session: Session = { tenantId, sessionId, userId: UserId.parse(row.userId) }
  const presented = refreshTokens.hash(secret)
  const rotations = readRotations(row.rotations, now)
  const toSignedIn = async (newest: string): Promise<SignedIn> => ({
    answer: await makeAnswer({ ...api, refreshTokens, clock }, tx, session, row.createdAt),
    refresh: { tenantId, sessionId, secret: newest },
    maxAge: (row.expiresAt.getTime() - now) / 1_000,
  })
  if (presented !== row.refreshHash) {
    const isRecent = rotations.some(({ hash }) => hash === presented) || isBefore(row, presented, now)
    const newest = isRecent ? refreshTokens.findSuccessor(secret, row.refreshHash) : null
    return newest === null ? 'other' : toSignedIn(newest)
  }
  const successor = refreshTokens.next(secret)
  await tx.session.update({
    where: { id: sessionId },
    data: {
      refreshHash: refreshTokens.hash(successor),
      previousRefreshHash: presented,
      refreshedAt: new Date(now),
      rotations: addRotation(rotations, presented, now),
    },
  })
  return toSignedIn(successor)
}

/** What a pod of the version before has rotated stands here only. */
function isBefore(row: { previousRefreshHash: string | null; refreshedAt: Date }, hash: string, now: number): boolean {
  return hash === row.previousRefreshHash && now - row.refreshedAt.getTime() <= GRACE_MS
}

/** Looks along the whole chain, which takes a while, with no row locked. @returns whether the session was ended for it. */
async function endIfReused(api: Api, token: RefreshToken, { from, source }: Omit<Asked, 'turn'>): Promise<boolean> {
  const { tenantId, sessionId } = token
  const session = await findOwnedSession(api, token, from)
  if (!session) return false
  const hasEnded = await withTenant(api.prisma, tenantId, async (tx) => {
    const caller = await loadSessionCaller(tx, session)
    if (!(await endSessions(tx, session.userId, sessionId))) return false
    await tx.auditEntry.create({
      data: toAuditRow(caller, source, { action: 'session.reused', subjectType: 'session', subjectId: sessionId }),
    })
    return true
  })
  if (!hasEnded) return false
  api.revoker.endSession(sessionId)
  api.metrics.refreshReuses.inc()
  api.logger.warn({ tenantId, sessionId }, 'a used refresh token came again: the session was ended')
  return true
}

/**
 * The session of a secret that is its current one, or was: enough to sign out with, and proof of theft when it comes to be used.
 * @throws CodedError `rate_limited`, before the search along the chain
 */
export async function findOwnedSession(
  api: Api,
  { tenantId, sessionId, secret }: RefreshToken,
  from: ClientAddress,
): Promise<Session | null> {
  const row = await withTenant(api.prisma, tenantId, (tx) =>
    tx.session.findUnique({ where: { id: sessionId }, select: { userId: true, refreshHash: true } }),
  )
  if (!row) return null
  const { hash, findSuccessor } = api.refreshTokens
  if (hash(secret) !== row.refreshHash) {
    await api.attempts.wrongSecret(sessionId, from)
    if (findSuccessor(secret, row.refreshHash) === null) return null
  }
  return { tenantId, sessionId, userId: UserId.parse(row.userId) }
}
