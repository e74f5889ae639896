import { z } from 'zod'
import { SessionId, TenantId, UserId } from '@derm/contract'

/** An access token lives so long at most, in seconds. A longer one is refused even when its signature holds. */
export const MAX_TOKEN_SECONDS = 600

/**
 * The claims of a token whose signature, issuer, audience and expiry were checked. Only `createTokenVerifier` makes
 * one. `av` is the access version at the time of signing; the current one is in `user_access`. `exp`, `iat`: seconds since 1970.
 */
export const VerifiedToken = z
  .object({
    sub: UserId,
    tid: TenantId,
    sid: SessionId,
    av: z.number().int().min(0),
    exp: z.number().int(),
    iat: z.number().int(),
    /** Of the key that signed it: when that is withdrawn, so is the token. */
    kid: z.string(),
  })
  .brand<'VerifiedToken'>()
export type VerifiedToken = z.infer<typeof VerifiedToken>
