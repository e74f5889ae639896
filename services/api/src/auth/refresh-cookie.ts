import { parseCookie, stringifySetCookie } from 'cookie'
import type { Exchange } from '../http/route.ts'
import { DEVICE_SECONDS, type DeviceToken } from '../sessions/device-token.ts'
import { formatRefreshToken, parseRefreshToken, type RefreshToken } from '../sessions/refresh-token.ts'

const NAME = 'derm_refresh'
/** Outlives sign-out: it says to which accounts this browser is known, and opens nothing. */
const DEVICE_NAME = 'derm_device'
/** Sent to the sign-in routes only; below the prefix where there is one. */
const PATH = '/api/v1/auth'

type Door = { api: Pick<Exchange['api'], 'isSecure' | 'basePath'> }

/** A browser takes a name with this beginning from https only, so that nobody in between can plant another one over http. [OPS4] */
const nameOf = ({ api }: Door, name = NAME) => (api.isSecure ? `__Secure-${name}` : name)

export function readRefreshCookie(exchange: Pick<Exchange, 'request'> & Door): RefreshToken | null {
  return parseRefreshToken(parseCookie(exchange.request.headers.cookie ?? '')[nameOf(exchange)])
}

/** `maxAge`: seconds until the session's end. */
export function makeRefreshCookie(door: Door, token: RefreshToken, maxAge: number): string {
  return stringify(door, formatRefreshToken(token), Math.max(0, Math.floor(maxAge)))
}

export function clearRefreshCookie(door: Door): string {
  return stringify(door, '', 0)
}

export function readDeviceCookie({ api, request }: Pick<Exchange, 'api' | 'request'>): DeviceToken[] {
  return api.devices.read(parseCookie(request.headers.cookie ?? '')[nameOf({ api }, DEVICE_NAME)])
}

export function makeDeviceCookie(door: Door, devices: string): string {
  return stringify(door, devices, DEVICE_SECONDS, DEVICE_NAME)
}

function stringify(door: Door, value: string, maxAge: number, name = NAME): string {
  const { isSecure: secure, basePath } = door.api
  const path = `${basePath}${PATH}`
  return stringifySetCookie({
    name: nameOf(door, name),
    value,
    path,
    httpOnly: true,
    sameSite: 'strict',
    secure,
    maxAge,
  })
}
