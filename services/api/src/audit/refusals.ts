import type { CodedError, ErrorCode, SessionId, TenantId, UserId } from '@derm/contract'
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

/** `last`: what was counted last, and not written. */
type Window = { endsAt: number; seen: Set<string>; left: number; last?: Refused }
export type Refused = {
  /** Who it was; `sid` is `null` where no session of theirs is shown to be. */
  token: { tid: TenantId; sub: UserId; sid: SessionId | null }
  source: AuditSource
  route: { method: string; path: string }
  params: unknown
  error: CodedError
}

/** Decides which refusals become entries: each kind once a minute, so that whoever tries doors does not fill the log with one of them. */
export interface Refusals {
  /** The entry; `null` when this one is only counted, or says nothing about access. */
  toRow(refused: Refused): AuditRow | null
  /** Entries of what was only counted, in minutes that are over; of all that was, when the pod ends. It is counted in no other entry then. */
  takeCounted(of: 'ended' | 'all'): AuditRow[]
}

export function createRefusals(now: () => number): Refusals {
  const windows = new Map<string, Window>()
  function windowOf({ tid, sub }: Refused['token']): Window {
    // The tenant too: of what nobody who is known did, the actor is the system in each.
    const actor = `${tid} ${sub}`
    const known = windows.get(actor)
    if (known && known.endsAt > now()) return known
    if (windows.size > MANY)
      for (const [other, { endsAt, left }] of windows) if (endsAt <= now() && left === 0) windows.delete(other)
    const window = { ...known, endsAt: now() + WINDOW_MS, seen: new Set<string>(), left: known?.left ?? 0 }
    windows.set(actor, window)
    return window
  }
  return {
    toRow(refused) {
      const { code } = refused.error
      const id = idOf(refused)
      if (!DENIED.includes(code) || (code === 'not_found' && id === undefined)) return null
      const window = windowOf(refused.token)
      const key = `${code} ${routeOf(refused)} ${id ?? ''}`
      if (window.seen.has(key) || window.seen.size >= MOST) {
        window.left++
        window.last = refused
        return null
      }
      window.seen.add(key)
      const notWritten = window.left
      window.left = 0
      return toDeniedRow(refused, notWritten > 0 ? { notWritten } : {})
    },
    takeCounted(of) {
      const rows: AuditRow[] = []
      for (const [actor, { endsAt, left, last }] of windows) {
        if (of === 'ended' && endsAt > now()) continue
        windows.delete(actor)
        if (left > 0 && last) rows.push(toDeniedRow(last, { notWritten: left }))
      }
      return rows
    },
  }
}

const idOf = ({ params }: Refused) => ((params ?? {}) as { id?: string }).id
const routeOf = ({ route: { method, path } }: Refused) => `${method.toUpperCase()} ${path}`

function toDeniedRow(refused: Refused, counts: { notWritten?: number }): AuditRow {
  const { token, source, error } = refused
  const id = idOf(refused)
  return toAuditRow({ tenantId: token.tid, userId: token.sub, sessionId: token.sid }, source, {
    action: 'access.denied',
    subjectType: 'route',
    ...(id === undefined ? {} : { subjectId: id }),
    details: { code: error.code, route: routeOf(refused), ...counts },
  })
}
