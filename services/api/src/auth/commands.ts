import { hash as hashPassword, verify as verifyPassword } from '@node-rs/argon2'
import { CodedError, SessionId, TenantId, UserId, type LoginResponse } from '@derm/contract'
import { withTenant, type TenantTx } from '@derm/database'
import { loadSessionCaller } from '../access/principal.ts'
import { endSessions } from '../access/user-access.ts'
import type { Api } from '../api.ts'
import { toAuditRow } from '../audit/audit-writer.ts'
import { forgetOldKeys } from '../idempotency.ts'
import { getUser } from './queries.ts'
import type { RefreshToken } from '../sessions/refresh-token.ts'

/** A sign-in lasts a working day, however often it is refreshed. */
const SESSION_MS = 12 * 3_600_000
/** So long after a rotation the secret before it is still taken: two tabs at once, or an answer that was lost. Later it is theft. */
const GRACE_MS = 30_000

/** `maxAge`: seconds until the session's end. */
export type SignedIn = { answer: LoginResponse; refresh: RefreshToken; maxAge: number }
type Session = { tenantId: TenantId; userId: UserId; sessionId: SessionId }

/** A hash of nothing that anybody knows: an unknown email costs as much time as a wrong password. */
const nobody = hashPassword(crypto.randomUUID())

/** @throws CodedError `bad_credentials`, `rate_limited`, `access_revoked` */
export async function signIn(
  api: Api,
  email: string,
  password: string,
  address: string,
  requestId: string,
): Promise<SignedIn> {
  await api.limiter.admit(email.toLowerCase(), address)
  const [login] = await api.prisma.$queryRaw<
    { user_id: string; tenant_id: string; password_hash: string }[]
  >`SELECT * FROM find_login(${email})`
  const stored = login?.password_hash ?? (await nobody)
  const isRight = await verifyPassword(stored, password)
  if (!login || !isRight) {
    await api.limiter.fail(email.toLowerCase(), address)
    api.metrics.signIns.inc({ outcome: 'refused' })
    throw new CodedError('bad_credentials')
  }
  await api.limiter.succeed(email.toLowerCase(), address)

  const session: Session = {
    tenantId: TenantId.parse(login.tenant_id),
    userId: UserId.parse(login.user_id),
    sessionId: SessionId.parse(crypto.randomUUID()),
  }
  const secret = api.refreshTokens.first()
  const now = api.clock.now()
  const answer = await withTenant(api.prisma, session.tenantId, async (tx) => {
    await tx.session.create({
      data: {
        id: session.sessionId,
        tenantId: session.tenantId,
        userId: session.userId,
        refreshHash: api.refreshTokens.hash(secret),
        createdAt: new Date(now),
        refreshedAt: new Date(now),
        expiresAt: new Date(now + SESSION_MS),
      },
    })
    const caller = await loadSessionCaller(tx, session)
    await forgetOldKeys(tx, session.userId, now)
    await tx.auditEntry.create({
      data: toAuditRow(caller, requestId, {
        action: 'session.start',
        subjectType: 'session',
        subjectId: session.sessionId,
      }),
    })
    return makeAnswer(api, tx, session)
  })
  api.metrics.signIns.inc({ outcome: 'signed_in' })
  return { answer, refresh: { ...session, secret }, maxAge: SESSION_MS / 1_000 }
}

/**
 * Rotates the refresh secret and issues the next access token. The secret before the current one is taken for a short grace and gives the same
 * successor again. Any older one was copied: the session ends, on every node.
 * @throws CodedError `session_ended`, `access_revoked`
 */
export async function refreshSession(api: Api, { tenantId, sessionId, secret }: RefreshToken): Promise<SignedIn> {
  const { refreshTokens, clock } = api
  const result = await withTenant(api.prisma, tenantId, async (tx) => {
    await tx.$queryRaw`SELECT id FROM sessions WHERE id = ${sessionId}::uuid FOR UPDATE`
    const row = await tx.session.findUnique({ where: { id: sessionId } })
    const now = clock.now()
    if (!row || row.endedAt || row.expiresAt.getTime() <= now) return 'unknown'
    const session: Session = { tenantId, sessionId, userId: UserId.parse(row.userId) }
    const presented = refreshTokens.hash(secret)
    if (presented !== row.refreshHash) {
      const isRace = presented === row.previousRefreshHash && now - row.refreshedAt.getTime() <= GRACE_MS
      if (!isRace && !refreshTokens.isAncestor(secret, row.refreshHash)) return 'unknown'
      if (!isRace) {
        await endSessions(tx, session.userId, sessionId)
        return 'reused'
      }
    }
    const successor = refreshTokens.next(secret)
    if (presented === row.refreshHash)
      await tx.session.update({
        where: { id: sessionId },
        data: {
          refreshHash: refreshTokens.hash(successor),
          previousRefreshHash: presented,
          refreshedAt: new Date(now),
        },
      })
    return {
      answer: await makeAnswer(api, tx, session),
      refresh: { tenantId, sessionId, secret: successor },
      maxAge: (row.expiresAt.getTime() - now) / 1_000,
    }
  })
  if (result === 'reused') {
    api.revoker.endSession(sessionId)
    api.metrics.refreshReuses.inc()
    api.logger.warn({ tenantId, sessionId }, 'a used refresh token came again: the session was ended')
  }
  if (typeof result === 'string') throw new CodedError('session_ended')
  return result
}

/** Ends a session, and closes its sockets on every node. Says nothing when it had ended already. */
export async function signOut(
  api: Api,
  { tenantId, sessionId, userId }: Omit<Session, 'userId'> & { userId?: UserId },
): Promise<void> {
  const hasEnded = await withTenant(api.prisma, tenantId, async (tx) => {
    const row = await tx.session.findUnique({ where: { id: sessionId }, select: { userId: true } })
    if (!row || (userId !== undefined && row.userId !== userId)) return false
    return endSessions(tx, row.userId, sessionId)
  })
  if (hasEnded) api.revoker.endSession(sessionId)
}

/** Whether a refresh token is the session's current one, or the one before: enough to sign out with. */
export async function holdsSession(api: Api, { tenantId, sessionId, secret }: RefreshToken): Promise<boolean> {
  const presented = api.refreshTokens.hash(secret)
  const row = await withTenant(api.prisma, tenantId, (tx) => tx.session.findUnique({ where: { id: sessionId } }))
  return row !== null && [row.refreshHash, row.previousRefreshHash].includes(presented)
}

async function makeAnswer(api: Api, tx: TenantTx, session: Session): Promise<LoginResponse> {
  const caller = await loadSessionCaller(tx, session)
  const token = api.issuer.issue({
    sub: session.userId,
    tid: session.tenantId,
    sid: session.sessionId,
    av: caller.accessVersion,
  })
  return { ...token, user: await getUser(tx, caller) }
}
