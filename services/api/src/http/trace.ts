import { randomBytes } from 'node:crypto'

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const REQUEST_ID = /^[\w.:-]{1,100}$/

/** The request's W3C trace context, or a new one when it brings none that is valid. */
export function readTraceparent(header: string | undefined): string {
  if (header !== undefined && TRACEPARENT.test(header)) return header
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`
}

/** The caller's request id, so that its log and ours meet; a new one when it is missing or odd. */
export function readRequestId(header: string | undefined): string {
  return header !== undefined && REQUEST_ID.test(header) ? header : randomBytes(9).toString('base64url')
}
