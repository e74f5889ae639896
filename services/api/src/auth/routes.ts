import { CodedError, LoginRequest, LoginResponse, User, type ErrorCode } from '@derm/contract'
import { requireToken } from '../http/bearer.ts'
import { defineRead } from '../http/read-route.ts'
import { definePlain, type Exchange, type Reply, type Route } from '../http/route.ts'
import { holdsSession, refreshSession, signIn, signOut, type SignedIn } from './commands.ts'
import { getUser } from './queries.ts'
import { clearRefreshCookie, makeRefreshCookie, readRefreshCookie } from './refresh-cookie.ts'

const tag = 'auth'

function toReply(exchange: Exchange, { answer, refresh, maxAge }: SignedIn): Reply {
  return { status: 200, body: answer, cookies: [makeRefreshCookie(exchange, refresh, maxAge)] }
}

const login = definePlain(
  {
    method: 'post',
    path: '/auth/login',
    tag,
    summary: 'Sign in; also sets the refresh cookie',
    auth: 'none',
    body: LoginRequest,
    answer: { status: 200, schema: LoginResponse, description: 'An access token, and who has signed in.' },
    errors: ['bad_credentials', 'rate_limited', 'access_revoked', 'origin_forbidden'],
  },
  async (exchange, { body: { email, password } }) => {
    const { api, request, requestId } = exchange
    return toReply(exchange, await signIn(api, email, password, request.ip ?? 'unknown', requestId))
  },
)

const refresh = definePlain(
  {
    method: 'post',
    path: '/auth/refresh',
    tag,
    summary: 'The next access token, for the refresh cookie, which is replaced',
    auth: 'cookie',
    answer: { status: 200, schema: LoginResponse, description: 'An access token, and who is signed in.' },
    errors: ['unauthenticated', 'session_ended', 'access_revoked', 'origin_forbidden'],
  },
  async (exchange) => {
    const token = readRefreshCookie(exchange)
    if (!token) throw new CodedError('unauthenticated')
    try {
      return toReply(exchange, await refreshSession(exchange.api, token))
    } catch (error) {
      throw withClearedCookie(exchange, error, ['session_ended', 'access_revoked'])
    }
  },
)

/** A cookie that will never be good again is taken back with the error. */
function withClearedCookie(exchange: Exchange, error: unknown, codes: readonly ErrorCode[]): unknown {
  if (error instanceof CodedError && codes.includes(error.code))
    exchange.request.res?.append('Set-Cookie', clearRefreshCookie(exchange))
  return error
}

/** By access token or by cookie: either may be gone already, and signing out must work all the same. */
const logout = definePlain(
  {
    method: 'post',
    path: '/auth/logout',
    tag,
    summary: 'End the session, and close its sockets everywhere',
    auth: 'cookie',
    answer: { status: 204, description: 'Signed out.' },
    errors: ['origin_forbidden'],
  },
  async (exchange) => {
    const { api } = exchange
    const token = await requireToken(exchange).catch((error: unknown) => {
      if (error instanceof CodedError) return null
      throw error
    })
    if (token) await signOut(api, { tenantId: token.tid, sessionId: token.sid, userId: token.sub })
    const cookie = readRefreshCookie(exchange)
    if (cookie && cookie.sessionId !== token?.sid && (await holdsSession(api, cookie))) await signOut(api, cookie)
    return { status: 204, cookies: [clearRefreshCookie(exchange)] }
  },
)

const me = defineRead(
  {
    method: 'get',
    path: '/auth/me',
    tag,
    summary: 'Who is signed in, with the grants of now',
    answer: { status: 200, schema: User, description: 'The user.' },
  },
  {
    shows: 'nothing',
    because: 'a change of access is told by access:changed, not by an event',
    audit: { notAudited: 'shows the caller to themselves' },
    load: ({ tx, caller }) => getUser(tx, caller),
  },
)

export const authRoutes: readonly Route[] = [login, refresh, logout, me]
