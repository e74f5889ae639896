import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { SessionId, TenantId } from '@derm/contract'

/** What the refresh cookie holds: whose session it is, and the secret that is current. */
export type RefreshToken = { tenantId: TenantId; sessionId: SessionId; secret: string }

/**
 * Refresh secrets form a chain: each is made from the one before with a key of ours. So two tabs that refresh at the same time get the same
 * successor, a lost answer can be asked for again, and an older secret is recognised as one that was used before. Only hashes are stored.
 */
export interface RefreshTokens {
  first(): string
  next(secret: string): string
  hash(secret: string): string
  /** The later link of the chain whose hash this is; `null` when there is none. When there is, the secret was used before. */
  findSuccessor(secret: string, hash: string): string | null
}

/** How far back a used secret is recognised: more than a session of twelve hours can have. */
const MAX_LINKS = 1_000

export function createRefreshTokens(systemSecret: string): RefreshTokens {
  const key = Buffer.from(hkdfSync('sha256', systemSecret, '', 'derm refresh chain', 32))
  const next = (secret: string) => createHmac('sha256', key).update(secret).digest('base64url')
  const hash = (secret: string) => createHash('sha256').update(secret).digest('base64url')
  return {
    first: () => randomBytes(32).toString('base64url'),
    next,
    hash,
    findSuccessor(secret, current) {
      let link = secret
      for (let i = 0; i < MAX_LINKS; i++) {
        link = next(link)
        if (hash(link) === current) return link
      }
      return null
    },
  }
}

const Cookie = z.tuple([TenantId, SessionId, z.string().regex(/^[\w-]{43}$/)])

export function formatRefreshToken({ tenantId, sessionId, secret }: RefreshToken): string {
  return `${tenantId}.${sessionId}.${secret}`
}

/** `null` for a text that is none. */
export function parseRefreshToken(text: string | undefined): RefreshToken | null {
  const parsed = Cookie.safeParse(text?.split('.'))
  if (!parsed.success) return null
  const [tenantId, sessionId, secret] = parsed.data
  return { tenantId, sessionId, secret }
}
