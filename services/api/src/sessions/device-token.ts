import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { Id } from '@derm/contract'
import type { SecretList } from '@derm/runtime'

/**
 * Says that its bearer's browser has signed in to an account before. It opens nothing: an attempt that shows it is counted for that browser
 * instead of for the account and the network, so that nobody who guesses elsewhere can hold up the account's owner (OWASP: device cookies).
 */
export type DeviceToken = { userId: string; nonce: string; text: string }

export interface DeviceTokens {
  /**
   * What the browser shows from now on: a token for this account, and those that it has shown for others. So a browser that several people share
   * is known to each of them. Of more than `MOST`, the one that has not signed in for longest goes. A token that is renewed keeps its counter.
   */
  issue(userId: string, shown: readonly DeviceToken[]): string
  /** The tokens of a cookie, the newest first, one of each account. Left out is what is none of ours, or too old. */
  read(text: string | undefined): DeviceToken[]
}

/** Accounts that a browser is known to: about a kilobyte of a cookie that goes to the routes of the sign-in alone. */
const MOST = 10
/** Is in no token, and stands in a cookie as it is. */
const BETWEEN = '~'

/** Seconds for which a browser is known after a sign-in. */
export const DEVICE_SECONDS = 90 * 24 * 3_600

const Parts = z.tuple([
  Id,
  z.string().regex(/^\d{10}$/),
  z.string().regex(/^[\w-]{16}$/),
  z.string().regex(/^[\w-]{43}$/),
])

/** `systemSecrets`: newest first. A browser that is known by an older one stays known while that is in the list. */
export function createDeviceTokens(systemSecrets: SecretList, now: () => number): DeviceTokens {
  const keys = systemSecrets.map(({ secret }) => Buffer.from(hkdfSync('sha256', secret, '', 'derm known devices', 32)))
  const signWith = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest('base64url')
  function readOne(text: string): DeviceToken | null {
    const parsed = Parts.safeParse(text.split('.'))
    if (!parsed.success) return null
    const [userId, endsAt, nonce, signature] = parsed.data
    const isOurs = (key: Buffer) =>
      timingSafeEqual(Buffer.from(signature), Buffer.from(signWith(key, `${userId}.${endsAt}.${nonce}`)))
    if (!keys.some(isOurs)) return null
    return Number(endsAt) * 1_000 > now() ? { userId, nonce, text } : null
  }
  return {
    issue(userId, shown) {
      const known = shown.find((token) => token.userId === userId)
      const nonce = known?.nonce ?? randomBytes(12).toString('base64url')
      const text = `${userId}.${Math.floor(now() / 1_000) + DEVICE_SECONDS}.${nonce}`
      const others = shown.filter((token) => token !== known).map((token) => token.text)
      return [`${text}.${signWith(keys[0]!, text)}`, ...others].slice(0, MOST).join(BETWEEN)
    },
    read(text = '') {
      const tokens = text.split(BETWEEN, MOST).flatMap((one) => readOne(one) ?? [])
      return [...new Map(tokens.toReversed().map((token) => [token.userId, token])).values()].toReversed()
    },
  }
}
