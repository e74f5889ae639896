import type { Request } from 'express'
import { CodedError } from '@derm/contract'
import type { VerifiedToken } from '@derm/auth'
import type { Api } from '../api.ts'

type Bearer = { api: Pick<Api, 'verifier'>; request: Pick<Request, 'headers'> }

/** The request's verified access token. @throws CodedError `unauthenticated` without one, else as the verifier says. */
export async function requireToken({ api, request }: Bearer): Promise<VerifiedToken> {
  const match = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '')
  if (!match?.[1]) throw new CodedError('unauthenticated')
  return api.verifier.verify(match[1])
}
