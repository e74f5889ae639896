import { CodedError, LoginRequest, LoginResponse, User } from '@derm/contract'
import { requireToken } from '../http/bearer.ts'
import { defineRead } from '../http/read-route.ts'
import { definePlain, type Exchange, type Reply, type Route } from '../http/route.ts'
import { getUser } from './queries.ts'
import {
  clearRefreshCookie,
  makeDeviceCookie,
  makeRefreshCookie,
  readDeviceCookie,
  readRefreshCookie,
} from './refresh-cookie.ts'
import { findOwnedSession, refreshSession } from './refresh-session.ts'
import { signIn, type SignedIn } from './sign-in.ts'
import { signOut } from './sign-out.ts'

const tag = 'auth'

function toReply(exchange: Exchange, { answer, refresh, maxAge, devices }: SignedIn): Reply {
  const cookies = [makeRefreshCookie(exchange, refresh, maxAge)]
  if (devices !== undefined) cookies.push(makeDeviceCookie(exchange, devices))
  return { status: 200, body: answer, cookies }
}

const login = definePlain(
  {
    method: 'post',
    path: '/auth/login',
    tag,
    summary: 'Sign in; also sets the refresh cookie, and one by which this browser is known',
    auth: 'none',
    body: LoginRequest,
    answer: { status: 200, schema: LoginResponse, description: 'An access token, and who has signed in.' },
    errors: ['bad_credentials', 'access_revoked', 'origin_forbidden'],
  },
  async (exchange, { body: { email, password } }) => {
    const { api, from, source, turn } = exchange
    const devices = readDeviceCookie(exchange)
    return toReply(exchange, await signIn(api, { email, password, from, source, turn, devices }))
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
  /**
   * A refusal leaves the cookie: by the time it arrives, another tab may have signed in, and taking the cookie back would end that session. One
   * that is refused opens nothing any more.
   */
  async (exchange) => {
    const token = readRefreshCookie(exchange)
    if (!token) throw new CodedError('unauthenticated')
    return toReply(exchange, await refreshSession(exchange.api, token, exchange))
  },
)

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
    const { api, from, source, turn } = exchange
    const token = await requireToken(exchange).catch((error: unknown) => {
      if (error instanceof CodedError) return null
      throw error
    })
    const cookie = readRefreshCookie(exchange)
    await api.turns.run(turn, async () => {
      if (token) await signOut(api, { tenantId: token.tid, sessionId: token.sid, userId: token.sub }, source)
      if (!cookie || cookie.sessionId === token?.sid) return
      const session = await findOwnedSession(api, cookie, from)
      if (session) await signOut(api, session, source)
    })
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
