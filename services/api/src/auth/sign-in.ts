import { CodedError, SessionId, TenantId, UserId, type LoginResponse } from '@derm/contract'
import { withTenant, type TenantTx } from '@derm/database'
import { loadSessionCaller } from '../access/principal.ts'
import type { Api } from '../api.ts'
import { toAuditRow, toUnknownAuditRow, type AuditSource } from '../audit/audit-row.ts'
import type { ClientAddress } from '@derm/runtime'
import type { Turn } from '../limits/database-turns.ts'
import type { DeviceToken } from '../sessions/device-token.ts'
import type { RefreshToken } from '../sessions/refresh-token.ts'
import { getUser } from './queries.ts'
import { countRefusedSignIns } from './refused-sign-ins.ts'

/** A sign-in lasts a working day, however often it is refreshed. */
export const SESSION_MS = 12 * 3_600_000

/** `maxAge`: seconds until the session's end. `devices`: what this browser shows from now on; only after a password. */
export type SignedIn = { answer: LoginResponse; refresh: RefreshToken; maxAge: number; devices?: string }
export type Session = { tenantId: TenantId; userId: UserId; sessionId: SessionId }
export type SignInRequest = {
  email: string
  password: string
  from: ClientAddress
  /** What the browser showed: a token for each account that has signed in there. */
  devices: readonly DeviceToken[]
  source: AuditSource
  turn: Turn
}
type Login = { user_id: string; tenant_id: string; password_hash: string }

/** @throws CodedError `bad_credentials`, `rate_limited`, `access_revoked`, `unavailable` when too many sign in at once */
export async function signIn(api: Api, request: SignInRequest): Promise<SignedIn> {
  const { email, password, from, devices, source, turn } = request
  const [login] = await api.turns.run(turn, () => api.prisma.$queryRaw<Login[]>`SELECT * FROM find_login(${email})`)
  const device = devices.find(({ userId }) => userId === login?.user_id) ?? null
  // The account's own id, so that no spelling of its name has a counter of its own.
  const account = login?.user_id ?? email
  // Held, since guesses that come from everywhere meet no network's budget.
  const admission = await api.heldRefusals.run(() =>
    api.turns.run(turn, () => api.attempts.signIn({ account, from, device })),
  )
  const isRight = await api.passwords
    .verify(login?.password_hash ?? null, password, { ...from, isKnown: device !== null })
    .catch(async (error: unknown) => {
      await admission.release()
      throw error
    })
  if (!login || !isRight) {
    const error = new CodedError('bad_credentials')
    noteRefused(api, login, source, error)
    throw error
  }
  const session: Session = {
    tenantId: TenantId.parse(login.tenant_id),
    userId: UserId.parse(login.user_id),
    sessionId: SessionId.parse(crypto.randomUUID()),
  }
  const { answer, secret } = await api.turns
    .run(turn, () => startSession(api, session, source))
    .catch(async (error: unknown) => {
      // The password was right, and the access is taken back: nothing of the transaction is left to tell of it. The attempt stays counted, as a
      // wrong password's does: whoever has left knows the password, and each of these is an entry in the audit log.
      if (error instanceof CodedError && error.code === 'access_revoked') noteRefused(api, login, source, error)
      else await admission.release()
      throw error
    })
  await admission.succeed()
  api.metrics.signIns.inc({ outcome: 'signed_in' })
  return {
    answer,
    refresh: { ...session, secret },
    maxAge: SESSION_MS / 1_000,
    devices: api.devices.issue(session.userId, devices),
  }
}

/** Not waited for: an account that exists must not take longer to refuse. A pod that ends writes it before it does. */
function noteRefused(api: Api, login: Login | undefined, source: AuditSource, { code }: CodedError): void {
  api.metrics.signIns.inc({ outcome: login ? 'refused' : 'unknown_account' })
  // No tenant's log is the right one. The operator has a count and this line, whose request's refusal says from which network; no name that was tried.
  if (!login)
    return api.logger.warn({ requestId: source.requestId, reason: 'unknown_account' }, 'a sign-in named no account')
  const tenantId = TenantId.parse(login.tenant_id)
  const row = toUnknownAuditRow(tenantId, source, {
    action: 'session.refused',
    subjectType: 'user',
    subjectId: login.user_id,
    details: { code },
  })
  api.audit
    // By the clock that sessions are dated by: the user is told what came after their last one.
    .writeRow({ ...row, at: new Date(api.clock.now()) })
    .catch((error: unknown) => api.logger.error({ tenantId, error }, 'a refused sign-in could not be audited'))
}

function startSession(api: Api, session: Session, source: AuditSource) {
  const secret = api.refreshTokens.first()
  const now = api.clock.now()
  return withTenant(api.prisma, session.tenantId, async (tx) => {
    const before = await tx.session.findFirst({
      where: { userId: session.userId },
      orderBy: { createdAt: 'desc' },
      select: { createdAt: true },
    })
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
    await tx.auditEntry.create({
      data: toAuditRow(caller, source, {
        action: 'session.start',
        subjectType: 'session',
        subjectId: session.sessionId,
      }),
    })
    return { secret, answer: await makeAnswer(api, tx, session, before?.createdAt ?? null) }
  })
}

/** `since`: the refused sign-ins after it are told to the user; `null`: all that are still known. */
export async function makeAnswer(api: Api, tx: TenantTx, session: Session, since: Date | null): Promise<LoginResponse> {
  const caller = await loadSessionCaller(tx, session)
  const token = api.issuer.issue({
    sub: session.userId,
    tid: session.tenantId,
    sid: session.sessionId,
    av: caller.accessVersion,
  })
  return {
    ...token,
    user: await getUser(tx, caller),
    refusedSignIns: await countRefusedSignIns(tx, session.userId, since, api.clock.now()),
  }
}
