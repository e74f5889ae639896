import { createPublicKey, generateKeyPairSync, randomBytes, type JsonWebKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'

/** Asymmetric ones only. Each key has exactly one: a verifier never takes the algorithm from the token. */
export const SigningAlgorithm = z.enum(['ES256', 'RS256'])
export type SigningAlgorithm = z.infer<typeof SigningAlgorithm>

/** `key` is made once, when it is loaded: parsing a PEM for each token costs more than the signature. */
export type VerificationKey = { kid: string; alg: SigningAlgorithm; key: KeyObject }

/** Where a verifier finds keys. `find` may wait for a fetch; it answers `undefined` for a kid that is not known. */
export interface VerificationKeySource {
  find(kid: string): VerificationKey | undefined | Promise<VerificationKey | undefined>
}

export type PublicJwk = JsonWebKey & { kid: string; alg: SigningAlgorithm; use: 'sig' }
export type Jwks = { keys: PublicJwk[] }

/** The signing key file: `active` signs; the others still verify until their last token has expired. */
export const SigningKeyFile = z.object({
  active: z.string().min(1),
  keys: z
    .array(z.object({ kid: z.string().min(1).max(100), alg: SigningAlgorithm, privateKeyPem: z.string().min(1) }))
    .min(1),
})
export type SigningKeyFile = z.infer<typeof SigningKeyFile>

/** As strong as P-256: 128 bit. An RSA key of 2,048 bit has 112. */
const RSA_BITS = 3_072

/** Whether a key is of the kind that its algorithm wants, and strong enough. */
export function isKeyFor(alg: SigningAlgorithm, key: KeyObject): boolean {
  const details = key.asymmetricKeyDetails
  if (alg === 'ES256') return key.asymmetricKeyType === 'ec' && details?.namedCurve === 'prime256v1'
  return key.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= RSA_BITS
}

export function toPublicJwk(kid: string, alg: SigningAlgorithm, key: KeyObject): PublicJwk {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }
}

/** A new key for a signing key file. */
export function generateSigningKey(alg: SigningAlgorithm = 'ES256'): SigningKeyFile['keys'][number] {
  const { privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: RSA_BITS })
  const kid = `${alg.toLowerCase()}-${randomBytes(6).toString('hex')}`
  return { kid, alg, privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}
