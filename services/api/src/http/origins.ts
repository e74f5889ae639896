import cors from 'cors'
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

/**
 * CORS for an exact list of origins. The list stays an array: `cors` answers `*` and a single string without comparing them.
 * An OPTIONS that is no preflight goes on to its route, which answers with `Allow`.
 */
export function createCors(origins: readonly string[]): RequestHandler {
  return cors<Request>((request, decide) =>
    decide(null, {
      origin: [...origins],
      credentials: true,
      methods: ['GET', 'POST', 'PATCH'],
      allowedHeaders: ALLOWED,
      exposedHeaders: EXPOSED,
      maxAge: 600,
      preflightContinue: request.get('access-control-request-method') === undefined,
    }),
  )
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
