import { isErrorCode, type ErrorCode } from '@derm/contract'

/** What the API refused. `code`: of the error catalogue, or `offline` when there was no answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  constructor(
    readonly code: ErrorCode | 'offline',
    readonly status: number,
    readonly details: Record<string, unknown> = {},
  ) {
    super(typeof details['title'] === 'string' ? details['title'] : code)
  }
}

/** Makes the error of an answer that is not ok; an answer that is no problem document counts as `unavailable`. */
export async function readApiError(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => null)) as Record<string, unknown> | null
  const { code, ...details } = problem ?? {}
  return new ApiError(isErrorCode(code) ? code : 'unavailable', response.status, details)
}
