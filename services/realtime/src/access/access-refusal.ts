import { CodedError, type ErrorCode } from '@derm/contract'
import type { Access, AccessRow } from './access-row.ts'

type TokenHolder = { tid: string; sid: string }

/** Why this token's holder may not be connected any more; `null` while they may. */
export function refusalOf(access: Access | null | undefined, { tid, sid }: TokenHolder): ErrorCode | null {
  if (access === 'unreadable') return 'access_unconfirmed'
  if (!access || !access.active || access.tenantId !== tid) return 'access_revoked'
  if (access.endedSessions.includes(sid as never)) return 'session_ended'
  return null
}

/** @throws CodedError with the reason why this token's holder may not be connected any more. */
export function requireAccess(access: Access | null | undefined, holder: TokenHolder): AccessRow {
  const code = refusalOf(access, holder)
  if (code) throw new CodedError(code)
  return access as AccessRow
}
