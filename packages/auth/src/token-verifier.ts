import jwt from 'jsonwebtoken'
import { CodedError } from '@derm/contract'
import type { VerificationKeySource } from './signing-key.ts'
import { MAX_TOKEN_SECONDS, VerifiedToken } from './token.ts'

export interface TokenVerifier {
  /**
   * @throws CodedError `token_expired`, or `token_invalid` for everything else that is wrong with it; `unavailable` when no key could be fetched yet.
   */
  verify(token: string): Promise<VerifiedToken>
}

/** A longer text is no token of ours; reading it would only cost. */
const MAX_TOKEN_LENGTH = 8_192
/** How far the signer's clock may run ahead of ours, in milliseconds, unless said. An expiry has no leeway. */
const LEEWAY_MS = 30_000

export type TokenVerifierOptions = {
  issuer: string
  audience: string
  now?: () => number
  leewayMs?: number
  keys: VerificationKeySource
}

/**
 * Checks access tokens. The key is found by `kid`, and the algorithm is the key's own, so that neither `none` nor an HMAC
 * made with the public key can pass. `exp`, `iat`, `aud`, `iss` are required, and no token may live longer than ten minutes.
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuer, audience, keys, now = Date.now, leewayMs = LEEWAY_MS } = options
  return {
    async verify(token) {
      const kid = readKid(token)
      const key = await keys.find(kid)
      if (!key) throw new CodedError('token_invalid')
      const seconds = Math.floor(now() / 1_000)
      const payload = check(() =>
        jwt.verify(token, key.key, { algorithms: [key.alg], issuer, audience, clockTimestamp: seconds }),
      )
      const claims = VerifiedToken.safeParse({ ...(payload as jwt.JwtPayload), kid })
      if (!claims.success) throw new CodedError('token_invalid')
      const { exp, iat } = claims.data
      if (exp - iat > MAX_TOKEN_SECONDS || iat > seconds + leewayMs / 1_000) throw new CodedError('token_invalid')
      return claims.data
    },
  }
}

function readKid(token: string): string {
  if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) throw new CodedError('token_invalid')
  const kid = check(() => jwt.decode(token, { complete: true }))?.header.kid
  if (typeof kid !== 'string' || kid.length > 100) throw new CodedError('token_invalid')
  return kid
}

function check<Result>(run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    throw new CodedError(
      error instanceof jwt.TokenExpiredError ? 'token_expired' : 'token_invalid',
      {},
      { cause: error },
    )
  }
}
