import { createHmac, hkdfSync } from 'node:crypto'
import type { SecretList } from '@derm/runtime'
import { CodedError } from '@derm/contract'
import type { PrismaClient } from '@derm/database'
import type { ClientAddress } from '@derm/runtime'
import type { DeviceToken } from './device-token.ts'

/**
 * How many attempts are free, and how long the delay after them may grow: a second after the last free one, then twice as long each time. The
 * count ends `keepMs` after the last attempt. A delay is no lock: whoever guesses can make an owner wait on a new device for `capMs`, not longer.
 */
type Rule = { free: number; capMs: number; keepMs: number }

const MINUTE = 60_000
const RULES = {
  account: { free: 10, capMs: 5 * MINUTE, keepMs: 60 * MINUTE },
  /** The account from this network. */
  pair: { free: 5, capMs: 15 * MINUTE, keepMs: 60 * MINUTE },
  /** A practice may share one address: what succeeds does not count. */
  network: { free: 30, capMs: MINUTE, keepMs: 60 * MINUTE },
  neighbourhood: { free: 240, capMs: MINUTE, keepMs: 60 * MINUTE },
  device: { free: 5, capMs: 15 * MINUTE, keepMs: 60 * MINUTE },
  session: { free: 10, capMs: MINUTE, keepMs: 10 * MINUTE },
} as const satisfies Record<string, Rule>
type Kind = keyof typeof RULES
type Counter = { name: Buffer; rule: Rule; kind: Kind }

/** `account`: the account's id where there is one, so that all its spellings are one; else the name that was tried. */
export type SignInAttempt = { account: string; from: ClientAddress; device: DeviceToken | null }

/** An attempt that may go on. It counts from its beginning, so that attempts at the same time do not pass together. */
export type Admission = {
  /** It was right: what it and its likes were counted for begins anew; for its network, this one attempt is taken back. */
  succeed(): Promise<void>
  /** It was never decided, as when the password could not be compared: it is taken back everywhere. */
  release(): Promise<void>
}

export interface AttemptLimiter {
  /** @throws CodedError `rate_limited` with `retryAfter` in seconds. */
  signIn(attempt: SignInAttempt): Promise<Admission>
  /** For a secret that was refused, before it costs more: a session's, or one of no session. @throws CodedError `rate_limited` */
  wrongSecret(sessionId: string, from: ClientAddress): Promise<void>
}

/**
 * Counts in Postgres, for all pods. Redis may lose or be told anything, and a pod's memory ends with the pod; a sign-in needs Postgres anyway. The
 * names of the counters are digests with a key of ours: who reads the table learns neither an account nor an address.
 */
export function createAttemptLimiter(prisma: PrismaClient, [newest]: SecretList, now: () => number): AttemptLimiter {
  const key = Buffer.from(hkdfSync('sha256', newest.secret, '', 'derm attempt counters', 32))
  const counter = (kind: Kind, ...parts: string[]): Counter => ({
    kind,
    rule: RULES[kind],
    name: createHmac('sha256', key)
      .update([kind, ...parts].join('\n'))
      .digest()
      .subarray(0, 16),
  })

  async function take(counters: readonly Counter[]): Promise<void> {
    const [answer] = await prisma.$queryRaw<{ wait: number }[]>`
      SELECT take_attempt(${counters.map(({ name }) => name)}::bytea[], ${counters.map(({ rule }) => rule.free)}::int[],
        ${counters.map(({ rule }) => rule.capMs)}::int[], ${counters.map(({ rule }) => rule.keepMs)}::int[], ${new Date(now())}::timestamptz) AS wait`
    const wait = answer?.wait ?? 0
    if (wait > 0) throw new CodedError('rate_limited', { retryAfter: Math.ceil(wait / 1_000) })
  }
  async function settle(cleared: readonly Counter[], takenBack: readonly Counter[]): Promise<void> {
    await prisma.$queryRaw`
      SELECT settle_attempt(${cleared.map(({ name }) => name)}::bytea[], ${takenBack.map(({ name }) => name)}::bytea[],
        ${takenBack.map(({ rule }) => rule.free)}::int[])::text`
  }

  return {
    async signIn({ account, from, device }) {
      const own = device
        ? [counter('device', account, device.nonce)]
        : [counter('account', account), counter('pair', account, from.network)]
      const shared = device ? [] : [counter('network', from.network), counter('neighbourhood', from.neighbourhood)]
      await take([...own, ...shared])
      return {
        succeed: () => settle(own, shared),
        release: () => settle([], [...own, ...shared]),
      }
    },
    // Counted for the network too: else who has stolen a cookie could use the attempts up, so that the owner's own is never recognised.
    wrongSecret: (sessionId, from) =>
      take([counter('session', sessionId, from.network), counter('network', 'secret', from.network)]),
  }
}
