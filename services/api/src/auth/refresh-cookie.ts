import { parseCookie, stringifySetCookie } from 'cookie'
import type { Exchange } from '../http/route.ts'
import { formatRefreshToken, parseRefreshToken, type RefreshToken } from '../sessions/refresh-token.ts'

const NAME = 'derm_refresh'
/** Sent to the sign-in routes only. */
const PATH = '/api/v1/auth'

export function readRefreshCookie({ request }: Pick<Exchange, 'request'>): RefreshToken | null {
  return parseRefreshToken(parseCookie(request.headers.cookie ?? '')[NAME])
}

/** `maxAge`: seconds until the session's end. */
export function makeRefreshCookie({ api }: Pick<Exchange, 'api'>, token: RefreshToken, maxAge: number): string {
  return stringify(formatRefreshToken(token), Math.max(0, Math.floor(maxAge)), api.isSecure)
}

export function clearRefreshCookie({ api }: Pick<Exchange, 'api'>): string {
  return stringify('', 0, api.isSecure)
}

function stringify(value: string, maxAge: number, secure: boolean): string {
  return stringifySetCookie({ name: NAME, value, path: PATH, httpOnly: true, sameSite: 'strict', secure, maxAge })
}
