import { CodedError } from '@derm/contract'
import type { VerifiedToken } from '@derm/auth'
import type { Exchange } from './route.ts'

/** The request's verified access token. @throws CodedError `unauthenticated` without one, else as the verifier says. */
export async function requireToken({ api, request }: Pick<Exchange, 'api' | 'request'>): Promise<VerifiedToken> {
  const match = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '')
  if (!match?.[1]) throw new CodedError('unauthenticated')
  return api.verifier.verify(match[1])
}
