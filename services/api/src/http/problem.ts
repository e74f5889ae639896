import type { NextFunction, Request, Response } from 'express'
import { CodedError, ERRORS, toProblem } from '@derm/contract'
import type { VerifiedToken } from '@derm/auth'
import type { Api } from '../api.ts'
import type { ClientAddress } from '@derm/runtime'
import { toCodedError } from '../database-error.ts'

/** What is known of a request by the time it is refused. */
type Refused = { requestId?: string; route?: string; token?: VerifiedToken | null; from?: ClientAddress }

/** Everything that goes wrong becomes a row of the error catalogue here, once. */
export function createErrorHandler(api: Pick<Api, 'logger' | 'metrics' | 'auditAddresses'>) {
  return (thrown: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const error = fromBodyParser(thrown) ?? toCodedError(thrown)
    const { status, logLevel } = ERRORS[error.code]
    const { requestId, route, token, from } = response.locals as Refused
    api.logger[logLevel](
      {
        requestId,
        method: request.method,
        route: route ?? 'none',
        status,
        code: error.code,
        ...(token ? { tenantId: token.tid, userId: token.sub } : {}),
        ...(from && api.auditAddresses !== 'none' ? { network: from.neighbourhood } : {}),
        ...(logLevel === 'error' || error.cause ? { error } : {}),
      },
      'request refused',
    )
    api.metrics.refused.inc({ code: error.code })
    if (response.headersSent) return void response.destroy()
    sendProblem(response, error)
  }
}

function sendProblem(response: Response, error: CodedError): void {
  const { retryAfter } = error.details
  const requestId = (response.locals as { requestId?: string }).requestId
  if (typeof retryAfter === 'number') response.set('Retry-After', String(retryAfter))
  else if (error.row.status === 503 || error.row.status === 429) response.set('Retry-After', '1')
  if (error.row.status === 401)
    response.set('WWW-Authenticate', error.code === 'unauthenticated' ? 'Bearer' : 'Bearer error="invalid_token"')
  response
    .status(error.row.status)
    .set('Content-Type', 'application/problem+json; charset=utf-8')
    .set('Cache-Control', 'no-store')
    .send(JSON.stringify({ ...toProblem(error), ...(requestId === undefined ? {} : { requestId }) }))
}

/** What `express.json` and the router throw, by their type; their messages quote the body, so they are dropped. */
function fromBodyParser(thrown: unknown): CodedError | undefined {
  const { type, status } = thrown as { type?: unknown; status?: unknown }
  switch (type) {
    case 'entity.parse.failed':
    case 'request.size.invalid':
    case 'request.aborted':
      return new CodedError('malformed_json')
    case 'entity.too.large':
    case 'parameters.too.many':
      return new CodedError('payload_too_large')
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new CodedError('unsupported_media_type')
  }
  // A path whose percent-encoding is broken.
  return status === 400 && !(thrown instanceof CodedError) ? new CodedError('validation_failed') : undefined
}
