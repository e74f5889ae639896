import { randomBytes } from 'node:crypto'

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const REQUEST_ID = /^[\w.:-]{1,100}$/

const NOT_RECORDED = '00'

/** The request's W3C trace context, when it brings one that is valid. Whether it is recorded is not for the client to say. [OPS46] */
export function readTraceparent(header: string | undefined): string | undefined {
  return header !== undefined && TRACEPARENT.test(header) ? header.slice(0, -2) + NOT_RECORDED : undefined
}

/** A new one, for logs and events where nothing is recorded. */
export function makeTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-${NOT_RECORDED}`
}

/** The caller's request id, so that its log and ours meet; a new one when it is missing or odd. */
export function readRequestId(header: string | undefined): string {
  return header !== undefined && REQUEST_ID.test(header) ? header : randomBytes(9).toString('base64url')
}
