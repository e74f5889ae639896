import jwt from 'jsonwebtoken'
import type { SessionId, TenantId, UserId } from '@derm/contract'
import type { KeyRing } from './key-ring.ts'
import { MAX_TOKEN_SECONDS } from './token.ts'

export type TokenClaims = { sub: UserId; tid: TenantId; sid: SessionId; av: number }

export interface TokenIssuer {
  /** `expiresIn`: seconds. */
  issue(claims: TokenClaims): { accessToken: string; expiresIn: number }
}

/** Signs access tokens with the ring's active key. `lifetime`: seconds, 600 at most. */
export function createTokenIssuer({
  keyRing,
  issuer,
  audience,
  lifetime = MAX_TOKEN_SECONDS,
  now = Date.now,
}: {
  keyRing: KeyRing
  issuer: string
  audience: string
  lifetime?: number
  now?: () => number
}): TokenIssuer {
  if (!(lifetime > 0 && lifetime <= MAX_TOKEN_SECONDS)) throw new Error('a token lives 600 seconds at most')
  return {
    issue({ sub, tid, sid, av }) {
      const { kid, alg, privateKey } = keyRing.active()
      const iat = Math.floor(now() / 1_000)
      const payload = { iss: issuer, aud: audience, sub, tid, sid, av, iat, exp: iat + lifetime }
      return { accessToken: jwt.sign(payload, privateKey, { algorithm: alg, keyid: kid }), expiresIn: lifetime }
    },
  }
}
