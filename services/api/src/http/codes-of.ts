import type { ErrorCode } from '@derm/contract'
import type { Route } from './route.ts'

/** Which codes a route may answer with: its own, and those that follow from its declaration. */
export function codesOf({ auth, body, query, params, kind, isConditional, errors = [] }: Route): ErrorCode[] {
  return [
    ...errors,
    ...(auth === 'bearer'
      ? (['unauthenticated', 'token_invalid', 'token_expired', 'session_ended', 'access_revoked'] as const)
      : []),
    ...(body || query || kind !== 'plain' ? (['validation_failed'] as const) : []),
    ...(body ? (['malformed_json', 'payload_too_large', 'unsupported_media_type'] as const) : []),
    ...(params ? (['not_found'] as const) : []),
    ...(isConditional ? (['precondition_required', 'conflict'] as const) : []),
    ...(kind === 'change' ? (['idempotency_mismatch', 'idempotency_in_progress'] as const) : []),
    ...(kind === 'read' ? (['not_fresh_enough'] as const) : []),
    'rate_limited',
    'unavailable',
    'internal',
  ]
}
