import type { VerifiedToken } from '@derm/auth'
import type { CodedError, ErrorCode } from '@derm/contract'
import { toAuditRow, type AuditRow, type AuditSource } from './audit-row.ts'

/**
 * What is refused to somebody who is known, because of who they are. An id that is not there is one of another tenant's or location's as far as
 * anybody can tell: the wall shows neither, and nobody comes upon an id by chance.
 */
const DENIED: readonly ErrorCode[] = ['forbidden', 'access_revoked', 'session_ended', 'not_found', 'unknown_channel']
const WINDOW_MS = 60_000
/** A user's entries in a minute. What is refused beyond them is counted in the next one that is written. */
const MOST = 60
/** Above so many users, those whose minute is over are forgotten. */
const MANY = 2_000

type Window = { endsAt: number; seen: Set<string>; left: number }
export type Refused = {
  token: VerifiedToken
  source: AuditSource
  route: { method: string; path: string }
  params: unknown
  error: CodedError
}

/** Decides which refusals become entries: each kind once a minute, so that whoever tries doors does not fill the log with one of them. */
export interface Refusals {
  /** The entry; `null` when this one is only counted, or says nothing about access. */
  toRow(refused: Refused): AuditRow | null
}

export function createRefusals(now: () => number): Refusals {
  const windows = new Map<string, Window>()
  function windowOf(userId: string): Window {
    const known = windows.get(userId)
    if (known && known.endsAt > now()) return known
    if (windows.size > MANY)
      for (const [user, { endsAt, left }] of windows) if (endsAt <= now() && left === 0) windows.delete(user)
    const window = { endsAt: now() + WINDOW_MS, seen: new Set<string>(), left: known?.left ?? 0 }
    windows.set(userId, window)
    return window
  }
  return {
    toRow({ token, source, route, params, error: { code } }) {
      const { id } = (params ?? {}) as { id?: string }
      if (!DENIED.includes(code) || (code === 'not_found' && id === undefined)) return null
      const window = windowOf(token.sub)
      const key = `${code} ${route.method} ${route.path} ${id ?? ''}`
      if (window.seen.has(key) || window.seen.size >= MOST) {
        window.left++
        return null
      }
      window.seen.add(key)
      const notWritten = window.left
      window.left = 0
      return toAuditRow({ tenantId: token.tid, userId: token.sub, sessionId: token.sid }, source, {
        action: 'access.denied',
        subjectType: 'route',
        ...(id === undefined ? {} : { subjectId: id }),
        details: {
          code,
          route: `${route.method.toUpperCase()} ${route.path}`,
          ...(notWritten > 0 ? { notWritten } : {}),
        },
      })
    },
  }
}
