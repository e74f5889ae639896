import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { RolePasswords } from '@derm/database'

const Kept = z.object({
  eventSigningSecret: z.string().min(32),
  /** Folders of versions that made refresh tokens with the secret above lack it: then it is made, and everybody signs in again. */
  refreshTokenSecret: z.string().min(32).optional(),
  passwords: z.object({
    owner: z.string().min(1),
    api: z.string().min(1),
    relay: z.string().min(1),
    realtime: z.string().min(1),
    /** Folders of versions without this role lack it: then it is made. */
    jobs: z.string().min(1).optional(),
  }),
})
/** What is in it is for the API to say. */
const SigningKeys = z.object({ active: z.string(), keys: z.array(z.object({})).min(1) })

/** What a stack on one machine needs, made once and kept in its folder with mode 600. */
export type Secrets = {
  eventSigningSecret: string
  refreshTokenSecret: string
  signingKeysFile: string
  passwords: RolePasswords
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
    await writeWhole(signingKeysFile, keys)
  }
  const file = join(folder, 'secrets.json')
  const secret = () => randomBytes(24).toString('base64url')
  if (!existsSync(file)) {
    const passwords: RolePasswords = {
      owner: secret(),
      api: secret(),
      relay: secret(),
      realtime: secret(),
      jobs: secret(),
    }
    await writeWhole(file, {
      eventSigningSecret: secret() + secret(),
      refreshTokenSecret: secret() + secret(),
      passwords,
    })
  }
  await readWhole(signingKeysFile, SigningKeys)
  const kept = await readWhole(file, Kept)
  const { jobs = secret(), ...others } = kept.passwords
  const { eventSigningSecret, refreshTokenSecret = secret() + secret() } = kept
  const secrets = { eventSigningSecret, refreshTokenSecret, passwords: { ...others, jobs } }
  if (kept.passwords.jobs === undefined || kept.refreshTokenSecret === undefined) await writeWhole(file, secrets)
  return { signingKeysFile, ...secrets }
}

/** Whoever is killed meanwhile leaves no half of it. */
async function writeWhole(file: string, content: object): Promise<void> {
  const unfinished = `${file}.${process.pid}`
  await writeFile(unfinished, JSON.stringify(content), { mode: 0o600 })
  await rename(unfinished, file)
}

async function readWhole<Content>(file: string, schema: z.ZodType<Content>): Promise<Content> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // Without the reason, which could quote a secret.
    throw new Error(
      `${file} is damaged. Delete it and start again: a new one is made, the data stays, and everybody signs in again.`,
    )
  }
}
