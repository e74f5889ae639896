import { createHmac, hkdfSync } from 'node:crypto'
import type { SecretList } from '@derm/runtime'
import { CodedError } from '@derm/contract'
import { Prisma, type PrismaClient } from '@derm/database'
import type { ClientAddress } from '@derm/runtime'
import { RULES, SPARE_FROM, type Rule } from './attempt-rules.ts'
import type { DeviceToken } from './device-token.ts'

type Kind = keyof typeof RULES
type Counter = { name: Buffer; rule: Rule; kind: Kind }

/** `account`: the account's id where there is one, so that all its spellings are one; else the name that was tried. */
export type SignInAttempt = { account: string; from: ClientAddress; device: DeviceToken | null }

/** An attempt that may go on. It counts from its beginning, so that attempts at the same time do not pass together. */
export type Admission = {
  /** It was right: what it and its likes were counted for begins anew; from what others share, this one attempt is taken back. */
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
 * What an attempt is counted in. It waits while any of them has a delay, those aside that are `noted`. What succeeds begins `own` anew, and is
 * taken back from what is `shared`.
 */
type Way = { own: readonly Counter[]; shared: readonly Counter[]; noted?: readonly Counter[] }
type State = { attempts: number; isHome: boolean }

const bytea = (counters: readonly Counter[]) => Prisma.sql`${counters.map(({ name }) => name)}::bytea[]`

function take(asked: readonly Counter[], noted: readonly Counter[], at: number): Prisma.Sql {
  const all = [...asked, ...noted]
  const numbers = (pick: (rule: Rule) => number) => Prisma.sql`${all.map(({ rule }) => pick(rule))}::int[]`
  return Prisma.sql`take_attempt(${bytea(all)}, ${numbers(({ free }) => free)}, ${numbers(({ firstMs = 1_000 }) => firstMs)},
    ${numbers(({ capMs }) => capMs)}, ${numbers(({ keepMs }) => keepMs)},
    ${all.map((counter) => asked.includes(counter))}::boolean[], ${new Date(at)}::timestamptz)`
}

const settle = (cleared: readonly Counter[], takenBack: readonly Counter[]) =>
  Prisma.sql`settle_attempt(${bytea(cleared)}, ${bytea(takenBack)}, ${takenBack.map(({ rule }) => rule.free)}::int[])::text`

const refuse = (wait: number) => new CodedError('rate_limited', { retryAfter: Math.ceil(wait / 1_000) })

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

  const countIn = ({ own, shared, noted = [] }: Way) =>
    take(
      [...own, ...shared].filter((one) => !noted.includes(one)),
      noted,
      now(),
    )
  /** @returns for how many milliseconds the way is closed; 0: it was open, and the attempt is counted. */
  async function tryWay(way: Way): Promise<number> {
    const [answer] = await prisma.$queryRaw<{ wait: number }[]>`SELECT ${countIn(way)} AS wait`
    return answer?.wait ?? 0
  }
  async function isCounted({ name }: Counter): Promise<boolean> {
    const at = new Date(now())
    const rows = await prisma.$queryRaw<unknown[]>`
      SELECT 1 AS one FROM attempt_counters WHERE name = ${name}::bytea AND expires_at > ${at}::timestamptz`
    return rows.length > 0
  }
  /** Tries the usual way, and reads what the other ways ask for: one round trip, since whoever asks again and again comes by here each time. */
  async function tryUsual(way: Way, account: Counter, isHome: Counter): Promise<{ wait: number } & State> {
    const at = new Date(now())
    const [answer] = await prisma.$queryRaw<[{ wait: number } & State]>`
      SELECT ${countIn(way)} AS wait,
        coalesce((SELECT attempts FROM attempt_counters WHERE name = ${account.name}::bytea AND expires_at > ${at}::timestamptz), 0) AS attempts,
        EXISTS (SELECT FROM attempt_counters WHERE name = ${isHome.name}::bytea AND expires_at > ${at}::timestamptz) AS "isHome"`
    return answer
  }

  return {
    async signIn({ account, from: { network, neighbourhood }, device }) {
      const isHome = counter('isHome', account, network)
      const admit = ({ own, shared }: Way): Admission => ({
        succeed: async () => void (await prisma.$queryRaw`SELECT ${settle(own, shared)}, ${take([isHome], [], now())}`),
        release: async () => void (await prisma.$queryRaw`SELECT ${settle([], [...own, ...shared])}`),
      })
      const all = counter('account', account)
      const pair = counter('pair', account, network)
      const clean = [counter('clean', account, network), counter('cleanNeighbourhood', account, neighbourhood)]
      const networks = [counter('network', network), counter('neighbourhood', neighbourhood)]
      const home: Way = { own: [pair, ...clean], shared: [counter('home', account), ...networks], noted: clean }
      if (device) {
        const way = { own: [counter('device', account, device.nonce)], shared: [] }
        const wait = await tryWay(way)
        if (wait === 0) return admit(way)
        // Who has copied the token elsewhere makes its counter wait: at home its owner is no worse off than without it.
        const homeWait = (await isCounted(isHome)) ? await tryWay(home) : wait
        if (homeWait > 0) throw refuse(Math.min(wait, homeWait))
        return admit(home)
      }
      const usual = { own: [all, pair, ...clean], shared: networks, noted: clean }
      const { wait, ...state } = await tryUsual(usual, all, isHome)
      if (wait === 0) return admit(usual)
      if (!state.isHome && state.attempts < SPARE_FROM) throw refuse(wait)
      // Neither begins the account's own count anew: who guesses would have its free attempts again with each sign-in of the owner's.
      const other: Way = state.isHome
        ? home
        : { own: [pair, ...clean], shared: [counter('spare', account), ...networks] }
      const otherWait = await tryWay(other)
      if (otherWait > 0) throw refuse(Math.min(wait, otherWait))
      return admit(other)
    },
    // Counted for the network too: else who has stolen a cookie could use the attempts up, so that the owner's own is never recognised.
    async wrongSecret(sessionId, { network }) {
      const own = [counter('session', sessionId, network), counter('network', 'secret', network)]
      const wait = await tryWay({ own, shared: [] })
      if (wait > 0) throw refuse(wait)
    },
  }
}
