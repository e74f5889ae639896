import { parseCookie, stringifySetCookie } from 'cookie'
import type { Exchange } from '../http/route.ts'
import { DEVICE_SECONDS, type DeviceToken } from '../sessions/device-token.ts'
import { formatRefreshToken, parseRefreshToken, type RefreshToken } from '../sessions/refresh-token.ts'

const NAME = 'derm_refresh'
/** Outlives sign-out: it says that this browser is known, and opens nothing. */
const DEVICE_NAME = 'derm_device'
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

export function readDeviceCookie({ api, request }: Pick<Exchange, 'api' | 'request'>): DeviceToken | null {
  return api.devices.read(parseCookie(request.headers.cookie ?? '')[DEVICE_NAME])
}

export function makeDeviceCookie({ api }: Pick<Exchange, 'api'>, device: string): string {
  return stringify(device, DEVICE_SECONDS, api.isSecure, DEVICE_NAME)
}

function stringify(value: string, maxAge: number, secure: boolean, name = NAME): string {
  return stringifySetCookie({ name, value, path: PATH, httpOnly: true, sameSite: 'strict', secure, maxAge })
}
