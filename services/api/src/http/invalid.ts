import { CodedError } from '@derm/contract'

/** A fault of the request that its schema alone cannot see. */
export function invalid(where: 'body' | 'query' | 'params', path: string, message: string): CodedError {
  return new CodedError('validation_failed', { errors: [{ in: where, path, message }] })
}
