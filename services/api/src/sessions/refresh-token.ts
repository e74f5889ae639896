import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { SessionId, TenantId } from '@derm/contract'
import type { SecretList } from '@derm/runtime'

/** What the refresh cookie holds: whose session it is, and the secret that is current. */
export type RefreshToken = { tenantId: TenantId; sessionId: SessionId; secret: string }

/**
 * Refresh secrets form a chain: each is made from the one before with a key of ours. So two tabs that refresh at the same time get the same
 * successor, a lost answer can be asked for again, and an older secret is recognised as one that was used before. Only hashes are stored.
 *
 * A secret begins with the id of the key that its chain is made with: a session keeps its key to its end, so that all pods make the same
 * chain while the key is replaced. When the key is taken away, the session ends with it. [OPS7]
 */
export interface RefreshTokens {
  first(): string
  next(secret: string): string
  /** Empty for a secret whose key is gone: it fits no session. */
  hash(secret: string): string
  /** The later link of the chain whose hash this is; `null` when there is none. When there is, the secret was used before. */
  findSuccessor(secret: string, hash: string): string | null
}

/** How far back a used secret is recognised: more than a session of twelve hours can have. */
const MAX_LINKS = 1_000

const ID_LENGTH = 8

/** `systemSecrets`: newest first. New chains are made with the first. */
export function createRefreshTokens(systemSecrets: SecretList): RefreshTokens {
  const keys = new Map(systemSecrets.map(({ id, secret }) => [id, deriveKey(secret)]))
  const [newest = ''] = keys.keys()
  const next = (secret: string) => {
    const id = secret.slice(0, ID_LENGTH)
    const key = keys.get(id)
    return key ? id + createHmac('sha256', key).update(secret).digest('base64url') : ''
  }
  const hash = (secret: string) =>
    keys.has(secret.slice(0, ID_LENGTH)) ? createHash('sha256').update(secret).digest('base64url') : ''
  return {
    first: () => newest + randomBytes(32).toString('base64url'),
    next,
    hash,
    findSuccessor(secret, current) {
      let link = secret
      for (let i = 0; i < MAX_LINKS; i++) {
        link = next(link)
        if (link !== '' && hash(link) === current) return link
      }
      return null
    },
  }
}

const deriveKey = (secret: string) => Buffer.from(hkdfSync('sha256', secret, '', 'derm refresh chain', 32))

const Cookie = z.tuple([TenantId, SessionId, z.string().regex(/^[0-9a-f]{8}[\w-]{43}$/)])

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
