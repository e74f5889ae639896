import type { RequestHandler, Request } from 'express'
import { CodedError } from '@derm/contract'

/** What a page of another origin may read of our answers. */
const EXPOSED = [
  'As-Of',
  'Published',
  'ETag',
  'Location',
  'Retry-After',
  'Idempotent-Replayed',
  'X-Request-Id',
  'WWW-Authenticate',
]
const ALLOWED = [
  'Authorization',
  'Content-Type',
  'If-Match',
  'If-None-Match',
  'Idempotency-Key',
  'Min-As-Of',
  'Traceparent',
  'X-Request-Id',
]

/** CORS for an exact list of origins: never a pattern, never `*`, never the asker's origin without looking. */
export function createCors(origins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers
    response.vary('Origin')
    if (origin === undefined || !origins.includes(origin)) return next()
    response.set({
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers': EXPOSED.join(', '),
    })
    if (request.method !== 'OPTIONS' || request.get('access-control-request-method') === undefined) return next()
    response
      .set({
        'Access-Control-Allow-Methods': 'GET, POST, PATCH',
        'Access-Control-Allow-Headers': ALLOWED.join(', '),
        'Access-Control-Max-Age': '600',
      })
      .status(204)
      .end()
  }
}

/**
 * For routes that a cookie could be sent to: a browser says where a POST comes from, and SameSite=Strict is the second lock.
 * What is no browser sends no Origin and has no cookies of others.
 * @throws CodedError `origin_forbidden`
 */
export function requireKnownOrigin(request: Request, origins: readonly string[]): void {
  const { origin } = request.headers
  const site = request.get('sec-fetch-site')
  const isKnown =
    origin === undefined ? site === undefined || site === 'same-origin' || site === 'none' : origins.includes(origin)
  if (!isKnown) throw new CodedError('origin_forbidden')
}
