import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

export type Claims = Record<string, unknown>
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

export function forgeToken(header: object, payload: object, signature: (data: string) => string): string {
  const data = `${encode(header)}.${encode(payload)}`
  return `${data}.${signature(data)}`
}

export const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Claims

/** Signs whatever it is given with the stack's own key. */
export function createForge(signingKeysFile: string) {
  const { keys } = JSON.parse(readFileSync(signingKeysFile, 'utf8')) as {
    keys: { kid: string; privateKeyPem: string }[]
  }
  const { kid, privateKeyPem } = keys[0]!
  const key = createPrivateKey(privateKeyPem)
  return {
    kid,
    publicPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
    sign: (payload: Claims) =>
      forgeToken({ alg: 'ES256', typ: 'JWT', kid }, payload, (data) =>
        sign('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
      ),
  }
}

/** Adds a second key, which signs nothing of the pods' own; a forge that is made from then on signs with it. Answers what withdraws it. */
export function addSigningKey(file: string): () => void {
  const before = readFileSync(file, 'utf8')
  const { active, keys } = JSON.parse(before) as { active: string; keys: object[] }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(file, JSON.stringify({ active, keys: [{ kid: 'stolen', alg: 'ES256', privateKeyPem }, ...keys] }))
  return () => writeFileSync(file, before)
}
