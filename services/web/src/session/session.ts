import type { LoginResponse, User } from '@derm/contract'
import { ApiError, readProblem } from '../http/api-error.ts'
import type { SessionHint } from './session-hint.ts'

/**
 * Who is signed in, in this window. The access token lives in memory only; a reload gets a new one for the refresh cookie.
 *
 * States: `unknown` (before the first `restore`) · `signed-out` · `signed-in`.
 */
export type SessionState =
  { status: 'unknown' } | { status: 'signed-out'; notice: string | null } | { status: 'signed-in'; user: User }

export type Session = {
  getState: () => SessionState
  subscribe: (listener: () => void) => () => void
  /**
   * Asks for a token with the refresh cookie, once per page, unless the hint says that there is no such cookie.
   * @throws ApiError when the server gave no answer that decides.
   */
  restore: () => Promise<SessionState>
  /** @throws ApiError */
  login: (email: string, password: string) => Promise<void>
  /** Ends it here at once, then on the server, so on every node and tab. What the server has not heard of is owed, and said. */
  logout: () => Promise<void>
  /** A token good for at least some seconds. @throws ApiError when there is none to be had. */
  getToken: () => Promise<string>
  /** A new token, whatever the old one's age. Callers at the same time share one request. */
  refreshToken: () => Promise<string>
  /** Ends it in this window only: the server has said that it is over. */
  end: (notice: string | null) => void
}

export type SessionOptions = {
  fetch: typeof fetch
  now: () => number
  /** Runs one at a time over all tabs of this browser: the refresh cookie rotates, and two uses of one would look like theft. */
  exclusively: <Result>(run: () => Promise<Result>) => Promise<Result>
  hint: SessionHint
}

/** Without an answer for so long, in milliseconds, there is none: whoever waits holds the lock over all tabs. */
const DEADLINE = 30_000
/** A token is renewed so long before it ends, in milliseconds. */
const RENEW_BEFORE = 30_000

/** Shown while the server does not know yet that this browser's person has signed out. */
export const SIGN_OUT_OWED =
  'You are signed out in this browser, but the server could not be reached, so the session still exists there. Load this page again when there is a connection: that ends it.'

/** What a person is told when the server ends their session; `null` for an error that ends none. */
export function noticeOfEnd(code: string | undefined): string | null {
  if (code === 'access_revoked') return 'Your access was taken back. Ask the owner of the practice.'
  if (code === 'session_ended' || code === 'unauthenticated') return 'Your session has ended. Sign in again to go on.'
  return null
}

export const OTHER_ACCOUNT =
  'Another account has signed in to this browser, so this window was signed out. To work with two accounts side by side, use a private window.'

export function createSession({ fetch, now, exclusively, hint }: SessionOptions): Session {
  let state: SessionState = { status: 'unknown' }
  let token: { text: string; endsAt: number } | null = null
  let refreshing: Promise<string> | null = null
  const listeners = new Set<() => void>()

  function setState(next: SessionState) {
    state = next
    for (const listener of [...listeners]) listener()
  }

  function end(notice: string | null) {
    token = null
    setState({ status: 'signed-out', notice })
  }

  async function post(path: string, body?: unknown, bearer = token): Promise<unknown> {
    const headers = {
      'content-type': 'application/json',
      ...(bearer ? { authorization: `Bearer ${bearer.text}` } : {}),
    }
    const init = {
      method: 'POST',
      headers,
      credentials: 'same-origin' as const,
      body: JSON.stringify(body ?? {}),
      signal: AbortSignal.timeout(DEADLINE),
    }
    const response = await fetch(`/api/v1/auth/${path}`, init).catch(() => null)
    if (!response) throw new ApiError('offline', 0)
    if (!response.ok) throw await readProblem(response)
    if (response.status === 204) return undefined
    return response.json().catch(() => {
      throw new ApiError('offline', 0)
    })
  }

  function accept(answer: LoginResponse) {
    token = {
      text: answer.accessToken,
      endsAt: now() + answer.expiresIn * 1000,
    }
    setState({ status: 'signed-in', user: answer.user })
  }

  /** Ends the session on the server if a sign-out is owed. A refusal will not change by asking again, unless it came too early or too often. Runs under the lock over all tabs. */
  async function payOwed(bearer = token): Promise<void> {
    if (!hint.owesSignOut()) return
    await post('logout', undefined, bearer).catch((error: unknown) => {
      const isDecided =
        error instanceof ApiError &&
        error.status >= 400 &&
        error.status < 500 &&
        ![408, 425, 429].includes(error.status)
      if (!isDecided) throw error
    })
    hint.noteSignedOut()
  }

  /** The hint changes under the lock over all tabs, so that it says what the last of their answers said. */
  const requestToken = (path: 'login' | 'refresh', body?: unknown): Promise<LoginResponse> =>
    exclusively(async () => {
      const seen = hint.newest()
      const wasOwed = hint.owesSignOut()
      if (wasOwed) await payOwed()
      try {
        // Who has signed out is not brought back by the cookie that was still there. Nor is a cookie asked for that another tab's sign-out took
        // back while this one waited for the lock.
        if (path === 'refresh' && (wasOwed || !hint.mayExist())) throw new ApiError('session_ended', 401)
        const answer = (await post(path, body)) as LoginResponse
        hint.remember()
        return answer
      } catch (error) {
        if (path === 'refresh' && isOver(error)) hint.forget(seen)
        throw error
      }
    })

  /** A refusal of a cookie that another tab has replaced meanwhile says nothing: the newer one is asked for, once. [SEC33] */
  async function requestRefresh(): Promise<LoginResponse> {
    const seen = hint.newest()
    try {
      return await requestToken('refresh')
    } catch (error) {
      const newest = hint.newest()
      if (isOver(error) && newest !== null && newest !== seen) return requestToken('refresh')
      throw error
    }
  }

  async function refresh(): Promise<string> {
    const before = state
    try {
      const answer = await requestRefresh()
      if (before.status === 'signed-in' && before.user.id !== answer.user.id) {
        end(OTHER_ACCOUNT)
        throw new ApiError('session_ended', 401)
      }
      // Signed out while the answer was on its way: it must not bring the session back.
      if (before.status === 'signed-in' && state.status !== 'signed-in') throw new ApiError('session_ended', 401)
      accept(answer)
      return answer.accessToken
    } catch (error) {
      // What began while the refusal was on its way, in this window, goes on. [SEC33]
      if (isOver(error) && state === before && state.status !== 'signed-out')
        end(before.status === 'signed-in' ? (noticeOfEnd(error.code) ?? noticeOfEnd('session_ended')) : null)
      throw error
    }
  }

  const refreshToken = () =>
    (refreshing ??= refresh().finally(() => {
      refreshing = null
    }))

  return {
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async restore() {
      if (state.status !== 'unknown') return state
      if (!hint.mayExist() && !hint.owesSignOut()) {
        end(null)
        return state
      }
      await refreshToken().catch((error: unknown) => {
        if (state.status !== 'unknown') return
        if (!hint.owesSignOut()) throw error
        end(SIGN_OUT_OWED)
      })
      return state
    },
    async login(email, password) {
      accept(await requestToken('login', { email, password }))
    },
    async logout() {
      const bearer = token
      hint.forget()
      hint.oweSignOut()
      end(null)
      // Under the lock: its answer takes the cookie back, which may not be the one of a sign-in that follows.
      await exclusively(() => payOwed(bearer)).catch(() => {
        if (state.status === 'signed-out') end(SIGN_OUT_OWED)
      })
    },
    async getToken() {
      if (token && token.endsAt - now() > RENEW_BEFORE) return token.text
      if (state.status === 'signed-out') throw new ApiError('unauthenticated', 401)
      return refreshToken()
    },
    refreshToken,
    end,
  }
}

/** Whether the server has said that there is no session, or none any more. A page of a proxy's, with whatever status, says nothing of it. */
const isOver = (error: unknown): error is ApiError =>
  error instanceof ApiError && (error.status === 401 || error.status === 403) && error.code !== 'unavailable'

/** Web Locks where the page has them (it is https or localhost), else at least one at a time in this tab. */
export function createExclusive(locks: LockManager | undefined): SessionOptions['exclusively'] {
  if (locks) return (run) => locks.request('derm-session', run) as ReturnType<typeof run>
  let last: Promise<unknown> = Promise.resolve()
  return (run) => {
    const next = last.then(run, run)
    last = next.catch(() => undefined)
    return next
  }
}
