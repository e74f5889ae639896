import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import {
  SigningKeyFile,
  isKeyFor,
  toPublicJwk,
  type Jwks,
  type SigningAlgorithm,
  type VerificationKey,
  type VerificationKeySource,
} from './signing-key.ts'

/**
 * The keys of a signing key file. Kubernetes swaps a mounted secret by a symlink, which file watchers miss, so the
 * file's identity is compared, at most once a second, when a key is asked for. A rotation is: add the new key,
 * wait until verifiers have seen it, make it `active`, remove the old one after ten minutes.
 */
export interface KeyRing extends VerificationKeySource {
  /** The key that signs now. */
  active(): { kid: string; alg: SigningAlgorithm; privateKey: KeyObject }
  find(kid: string): VerificationKey | undefined
  publicJwks(): Jwks
}

type Loaded = { identity: string; active: ReturnType<KeyRing['active']>; keys: Map<string, VerificationKey> }

const CHECK_EVERY_MS = 1_000

/**
 * @param onFault called when a changed file cannot be used; the keys from before stay in force.
 * @throws when the file cannot be used at the start.
 */
export function createKeyRing(
  file: string,
  { now = Date.now, onFault = () => {} }: { now?: () => number; onFault?: (error: unknown) => void } = {},
): KeyRing {
  let loaded = load(file)
  let checkedAt = now()

  function current(): Loaded {
    if (now() - checkedAt < CHECK_EVERY_MS) return loaded
    checkedAt = now()
    try {
      if (identify(file) !== loaded.identity) loaded = load(file)
    } catch (error) {
      onFault(error)
    }
    return loaded
  }

  return {
    active: () => current().active,
    find: (kid) => current().keys.get(kid),
    publicJwks: () => ({ keys: [...current().keys.values()].map(({ kid, alg, key }) => toPublicJwk(kid, alg, key)) }),
  }
}

function identify(file: string): string {
  const { ino, size, mtimeMs } = statSync(file)
  return `${ino}:${size}:${mtimeMs}`
}

function load(file: string): Loaded {
  const identity = identify(file)
  const content = parseFile(readFileSync(file, 'utf8'))
  const keys = new Map<string, VerificationKey>()
  let active: Loaded['active'] | undefined
  for (const { kid, alg, privateKeyPem } of content.keys) {
    const privateKey = createPrivateKey(privateKeyPem)
    if (!isKeyFor(alg, privateKey)) throw new Error(`signing key ${kid} is no key for ${alg}`)
    if (keys.has(kid)) throw new Error(`signing key ${kid} is there twice`)
    keys.set(kid, { kid, alg, key: createPublicKey(privateKey) })
    if (kid === content.active) active = { kid, alg, privateKey }
  }
  if (!active) throw new Error('the active signing key is not among the keys')
  return { identity, active, keys }
}

/** Neither error quotes the file: it holds private keys. */
function parseFile(text: string): SigningKeyFile {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Error('the signing key file is not JSON')
  }
  const parsed = SigningKeyFile.safeParse(json)
  if (!parsed.success) throw new Error('the signing key file is not {active, keys: [{kid, alg, privateKeyPem}]}')
  return parsed.data
}
