import { createHmac, timingSafeEqual } from 'node:crypto'
import { KEY_ID_LENGTH, SIGNATURE_LENGTH, type Signer } from './signature.ts'

/** What is signed for one purpose is worth nothing for another: each has keys of its own, derived from the same secrets. */
export type SigningPurpose = 'event log' | 'adapter'

/** `id`: `KEY_ID_LENGTH` characters by which a signature says with what it was made. */
export type SigningSecret = { id: string; secret: string }

type Key = { id: string; secret: Buffer }

/**
 * Signs with the first secret, and verifies with each: a secret is changed by putting a new one before the old, and taking the old one away
 * once every process has both. HMAC-SHA256, cut to 132 bit, after the secret's id. [SEC27]
 */
export function createSigner(secrets: readonly SigningSecret[], purpose: SigningPurpose): Signer {
  const keys = secrets.map((secret) => deriveKey(secret, purpose))
  const [first] = keys
  if (!first) throw new Error('without a secret nothing can be signed')
  return {
    sign: (text) => first.id + mac(first, text),
    verify(text, signature) {
      if (signature.length !== SIGNATURE_LENGTH) return false
      const id = signature.slice(0, KEY_ID_LENGTH)
      const given = Buffer.from(signature.slice(KEY_ID_LENGTH))
      return keys.some((key) => {
        if (key.id !== id) return false
        const expected = Buffer.from(mac(key, text))
        return given.length === expected.length && timingSafeEqual(given, expected)
      })
    },
  }
}

const MAC_LENGTH = SIGNATURE_LENGTH - KEY_ID_LENGTH

function mac({ secret }: Key, text: string | Buffer): string {
  return createHmac('sha256', secret).update(text).digest('base64url').slice(0, MAC_LENGTH)
}

function deriveKey({ id, secret }: SigningSecret, purpose: SigningPurpose): Key {
  if (id.length !== KEY_ID_LENGTH) throw new Error(`a secret's id has ${KEY_ID_LENGTH} characters`)
  return { id, secret: createHmac('sha256', secret).update(`derm ${purpose}`).digest() }
}
