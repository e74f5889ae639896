import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { Id } from '@derm/contract'
import type { SecretList } from '@derm/runtime'

/**
 * Says that its bearer's browser has signed in to an account before. It opens nothing: an attempt that shows it is counted for that browser
 * instead of for the account and the network, so that nobody who guesses elsewhere can hold up the account's owner (OWASP: device cookies).
 */
export type DeviceToken = { userId: string; nonce: string }

export interface DeviceTokens {
  /** Also for one that was shown before: its counter stays the same. */
  issue(userId: string, shown?: DeviceToken | null): string
  /** `null` for a text that is none of ours, or too old. */
  read(text: string | undefined): DeviceToken | null
}

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
  return {
    issue(userId, shown) {
      const nonce = shown?.userId === userId ? shown.nonce : randomBytes(12).toString('base64url')
      const text = `${userId}.${Math.floor(now() / 1_000) + DEVICE_SECONDS}.${nonce}`
      return `${text}.${signWith(keys[0]!, text)}`
    },
    read(text) {
      const parsed = Parts.safeParse(text?.split('.'))
      if (!parsed.success) return null
      const [userId, endsAt, nonce, signature] = parsed.data
      const isOurs = (key: Buffer) =>
        timingSafeEqual(Buffer.from(signature), Buffer.from(signWith(key, `${userId}.${endsAt}.${nonce}`)))
      if (!keys.some(isOurs)) return null
      return Number(endsAt) * 1_000 > now() ? { userId, nonce } : null
    },
  }
}
