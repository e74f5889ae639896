import { createHash } from 'node:crypto'
import { CodedError } from '@derm/contract'

/**
 * An entity's tag is `"<version>.<digest of the body>"`: the digest because an answer also shows what is not the entity's own (an
 * appointment its patient's name), the version so that the tag can be sent back as `If-Match`. Lists have the digest only.
 */
export function makeEntityTag(body: string, version?: number): string {
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  return version === undefined ? `"${digest}"` : `"${version}.${digest}"`
}

/** `If-None-Match`: whether the client has this representation already. */
export function hasTag(header: string | undefined, tag: string): boolean {
  if (!header) return false
  if (header.trim() === '*') return true
  return header.split(',').some((item) => item.trim().replace(/^W\//, '') === tag)
}

/**
 * The version that `If-Match` names: `"<version>"`, or a tag of `makeEntityTag`.
 * @throws CodedError `precondition_required` without the header, `validation_failed` when it names none.
 */
export function parseIfMatch(header: string | undefined): number {
  if (header === undefined || header.trim() === '') throw new CodedError('precondition_required')
  const match = /^(?:W\/)?"?(\d{1,15})(?:\.[\w-]{1,64})?"?$/.exec(header.trim())
  if (!match) throw invalidHeader('If-Match', 'one entity tag such as "7"')
  return Number(match[1])
}

export function invalidHeader(name: string, expected: string): CodedError {
  return new CodedError('validation_failed', {
    errors: [{ in: 'header', path: name, message: `expected ${expected}` }],
  })
}
