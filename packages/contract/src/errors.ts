/**
 * Every error that leaves a process, on HTTP or on a socket, is a row of this table.
 *
 * `client` says what a client does: `fix` the request · `refresh` the token, then try again · `backoff`, then try
 * again · `reload` what it shows, then decide · `stop`: a person has to act.
 */
export type ClientAction = 'fix' | 'refresh' | 'backoff' | 'reload' | 'stop'
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type ErrorRow = { status: number; title: string; client: ClientAction; logLevel: LogLevel }

export const ERRORS = {
  // requests
  validation_failed: row(400, 'The request is not valid', 'fix', 'debug'),
  malformed_json: row(400, 'The body is not JSON', 'fix', 'debug'),
  payload_too_large: row(413, 'The request is too large', 'fix', 'info'),
  unsupported_media_type: row(415, 'Send application/json', 'fix', 'debug'),
  not_found: row(404, 'There is no such thing here', 'reload', 'debug'),
  method_not_allowed: row(405, 'This method does not exist here', 'fix', 'debug'),
  conflict: row(409, 'It has changed since you read it', 'reload', 'debug'),
  invalid_transition: row(409, 'Its status does not allow this', 'reload', 'debug'),
  slot_taken: row(409, 'The provider has another appointment or offer then', 'fix', 'debug'),
  coverage_overlaps: row(
    409,
    'The patient has another primary insurance at that time: end it, or choose another rank',
    'fix',
    'debug',
  ),
  account_exists: row(409, 'The patient has an account already', 'reload', 'debug'),
  patient_merged: row(409, 'This record was merged into another one: use that one', 'reload', 'debug'),
  precondition_required: row(428, 'Send If-Match with the version that you read', 'fix', 'debug'),
  idempotency_mismatch: row(422, 'This Idempotency-Key was used for another request', 'fix', 'info'),
  idempotency_in_progress: row(409, 'The first request with this Idempotency-Key is still running', 'backoff', 'info'),
  epoch_changed: row(410, 'This history has ended: load again', 'reload', 'info'),
  history_trimmed: row(410, 'The history does not reach back so far: load again', 'reload', 'info'),
  not_fresh_enough: row(503, 'This replica has not caught up yet', 'backoff', 'info'),
  // who
  unauthenticated: row(401, 'Sign in first', 'stop', 'debug'),
  bad_credentials: row(401, 'Email or password is wrong', 'fix', 'info'),
  token_invalid: row(401, 'The token is not valid', 'refresh', 'info'),
  token_expired: row(401, 'The token has expired', 'refresh', 'debug'),
  session_ended: row(401, 'The session has ended: sign in again', 'stop', 'info'),
  access_revoked: row(403, 'Your access was taken back', 'stop', 'info'),
  forbidden: row(403, 'Your role does not allow this', 'stop', 'info'),
  origin_forbidden: row(400, 'This origin may not connect', 'stop', 'warn'),
  // load and life
  rate_limited: row(429, 'Too many requests', 'backoff', 'info'),
  too_many_connections: row(429, 'Too many connections for this user', 'backoff', 'warn'),
  unavailable: row(503, 'Not available at the moment', 'backoff', 'warn'),
  internal: row(500, 'Something went wrong on our side', 'backoff', 'error'),
  // sockets
  protocol_unsupported: row(400, 'This protocol version is not supported: load the page again', 'reload', 'info'),
  packet_malformed: row(400, 'A packet was malformed', 'stop', 'warn'),
  packet_too_large: row(413, 'A packet was too large', 'stop', 'warn'),
  slow_consumer: row(429, 'The client reads too slowly', 'backoff', 'warn'),
  empty_subscription: row(400, 'A subscription names at least one channel', 'fix', 'info'),
  unknown_channel: row(404, 'There is no such channel for you', 'fix', 'info'),
  too_many_channels: row(400, 'Too many channels', 'fix', 'info'),
  access_unconfirmed: row(503, 'Access cannot be confirmed at the moment', 'backoff', 'warn'),
  server_draining: row(503, 'The server is being replaced', 'backoff', 'info'),
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

function row(status: number, title: string, client: ClientAction, logLevel: LogLevel): ErrorRow {
  return { status, title, client, logLevel }
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code)
}

/**
 * An error of the catalogue. `details` go to the client: never put anything about a person, or another tenant, there.
 * `cause` stays in the log.
 */
export class CodedError extends Error {
  override readonly name = 'CodedError'
  constructor(
    readonly code: ErrorCode,
    readonly details: Record<string, unknown> = {},
    options?: { cause?: unknown },
  ) {
    super(ERRORS[code].title, options)
  }
  get row(): ErrorRow {
    return ERRORS[this.code]
  }
}

/** RFC 9457. `type` is relative to the API's base. */
export type Problem = { type: string; title: string; status: number; code: ErrorCode } & Record<string, unknown>

export function toProblem(error: CodedError, instance?: string): Problem {
  const { status, title } = error.row
  return {
    ...error.details,
    type: `/api/docs/errors#${error.code}`,
    title,
    status,
    code: error.code,
    ...(instance === undefined ? {} : { instance }),
  }
}
