import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a stack on one machine needs, made once and kept in its folder with mode 600. */
export type Secrets = {
  signingKeysFile: string
  eventSigningSecret: string
  passwords: { owner: string; api: string; relay: string; realtime: string }
}

export async function readSecrets(folder: string): Promise<Secrets> {
  await mkdir(folder, { recursive: true })
  const signingKeysFile = join(folder, 'signing-keys.json')
  if (!existsSync(signingKeysFile)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const kid = randomBytes(8).toString('hex')
    const keys = {
      active: kid,
      keys: [{ kid, alg: 'ES256', privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) }],
    }
    await writeFile(signingKeysFile, JSON.stringify(keys), { mode: 0o600 })
  }
  const file = join(folder, 'secrets.json')
  if (!existsSync(file)) {
    const secret = () => randomBytes(24).toString('base64url')
    const passwords = { owner: secret(), api: secret(), relay: secret(), realtime: secret() }
    await writeFile(file, JSON.stringify({ eventSigningSecret: secret() + secret(), passwords }), { mode: 0o600 })
  }
  return { signingKeysFile, ...(JSON.parse(await readFile(file, 'utf8')) as Omit<Secrets, 'signingKeysFile'>) }
}
