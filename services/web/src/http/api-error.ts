import type { ErrorCode } from '@derm/contract'

/** The error catalogue's codes, and `offline` for no answer at all. Types only: the catalogue itself stays out of the sign-in bundle. */
export type ApiErrorCode = ErrorCode | 'offline'

/** What the API refused, by its code. `details`: the problem document's other members. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  constructor(
    readonly code: ApiErrorCode,
    readonly status: number,
    readonly details: Record<string, unknown> = {},
  ) {
    super(typeof details['title'] === 'string' ? details['title'] : code)
  }
}

/** Makes the error of an answer that is not ok. An answer that is no problem document (a proxy's page) counts as `unavailable`. */
export async function readProblem(response: Response): Promise<ApiError> {
  const problem: unknown = await response.json().catch(() => null)
  if (typeof problem !== 'object' || problem === null) return new ApiError('unavailable', response.status)
  const { code, ...details } = problem as Record<string, unknown>
  return new ApiError(typeof code === 'string' ? (code as ErrorCode) : 'unavailable', response.status, details)
}

/** Statuses that say nothing of the change itself: not asked, not let in, too early, too often. */
const NO_WORD = new Set([401, 403, 408, 425, 429])

/** Whether the server has decided against a change. Without an answer, or when it broke down or never looked, the change may have been made by an earlier try. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    error.status >= 400 &&
    error.status < 500 &&
    !NO_WORD.has(error.status) &&
    error.code !== 'idempotency_in_progress'
  )
}

/** What a person is told; the catalogue's own title where it says enough. */
export function describeError(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something went wrong. Please try again.'
  switch (error.code) {
    case 'offline':
      return 'The server cannot be reached. Check the connection, then try again.'
    case 'slot_taken':
      return 'The provider has another appointment, or an offer to another patient, at that time.'
    case 'conflict':
      return 'Someone else changed it in the meantime. This is how it stands now.'
    case 'invalid_transition':
      return 'Its status has changed in the meantime, so this is no longer possible.'
    case 'bad_credentials':
      return 'The email or the password is not right.'
    case 'session_ended':
    case 'unauthenticated':
      return 'Your session has ended. Sign in again.'
    case 'access_revoked':
      return 'Your access was taken back. Ask the owner of the practice.'
    case 'rate_limited':
      return 'Too many attempts. Wait a moment, then try again.'
    case 'unavailable':
    case 'internal':
      return 'The server has a problem. Please try again in a moment.'
    default:
      return `${error.message}.`
  }
}
