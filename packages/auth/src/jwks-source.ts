import { createPublicKey } from 'node:crypto'
import { z } from 'zod'
import { CodedError } from '@derm/contract'
import { SigningAlgorithm, isKeyFor, type VerificationKey, type VerificationKeySource } from './signing-key.ts'

const JwksAnswer = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(100) })
const Header = z.object({ kid: z.string().min(1).max(100), alg: SigningAlgorithm })

/** A withdrawn key verifies nothing after this time, as long as a key set can be read at all. */
const MAX_AGE_MS = 15_000
/** An unknown kid asks again at most so often: forged tokens must not become requests. */
const MIN_REFETCH_MS = 1_000
/** While the key set is away, a known but old key waits for it at most so often. */
const STALE_REFETCH_MS = 10_000
const FETCH_TIMEOUT_MS = 2_000

/** Where a node finds keys, and learns that one was withdrawn. */
export interface JwksSource extends VerificationKeySource {
  /** Reads the key set now. */
  load(): Promise<void>
  /** Whether the newest key set has the key; of a key set that was never read nothing is known, so nothing was withdrawn. */
  has(kid: string): boolean
}

/**
 * The public keys that the API publishes, cached. All urls are asked and what they answer is united, since during a
 * rotation one pod may know a key that another has not read yet. When none answers, the cached keys stay in force.
 * @throws CodedError `unavailable` while no key was ever fetched.
 */
export function createJwksSource({
  urls,
  now = Date.now,
  fetch: request = fetch,
  onFault = () => {},
}: {
  urls: readonly string[]
  now?: () => number
  fetch?: typeof fetch
  onFault?: (error: unknown) => void
}): JwksSource {
  let keys: Map<string, VerificationKey> | undefined
  let fetchedAt = -Infinity
  let triedAt = -Infinity
  let flight: Promise<void> | undefined

  async function fetchAll(): Promise<void> {
    triedAt = now()
    const answers = await Promise.allSettled(urls.map((url) => fetchKeys(url, request)))
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    for (const answer of answers) if (answer.status === 'rejected') onFault(answer.reason)
    if (found.length === 0) return
    keys = new Map(found.map((key) => [key.kid, key]))
    fetchedAt = now()
  }

  function load(): Promise<void> {
    flight ??= fetchAll().finally(() => (flight = undefined))
    return flight
  }

  return {
    load,
    has: (kid) => !keys || keys.has(kid),
    async find(kid) {
      const known = keys?.get(kid)
      if (known && now() - fetchedAt < MAX_AGE_MS) return known
      const triedFor = now() - triedAt
      if (known ? triedFor >= STALE_REFETCH_MS : flight || triedFor >= MIN_REFETCH_MS) await load()
      if (!keys) throw new CodedError('unavailable')
      return keys.get(kid)
    },
  }
}

async function fetchKeys(url: string, request: typeof fetch): Promise<VerificationKey[]> {
  const response = await request(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' })
  if (!response.ok) throw new Error(`the key set answered ${response.status}`)
  const { keys } = JwksAnswer.parse(await response.json())
  return keys.flatMap((jwk) => {
    const header = Header.safeParse(jwk)
    if (!header.success) return []
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    return isKeyFor(header.data.alg, key) ? [{ ...header.data, key }] : []
  })
}
