import { describe, expect, it } from 'vitest'
import type { CodedError } from '@derm/contract'
import { parseAddress } from '@derm/runtime'
import { ids, useTestPod } from '../testing/test-pod.ts'

const pod = useTestPod()
const HOUR = 3_600_000
/** More than any rule admits: a limit that is gone ends the test, not its patience. */
const TOO_MANY = 150
let sites = 0
/** Each in a /24 of its own, which nobody has used before. */
const freshNetwork = () => `10.${sites >> 8}.${sites++ & 255}.1`
const tryPassword = (email: string, from: string, { password = 'guess', cookie = '' } = {}) =>
  pod.nobody.post('/auth/login', { email, password }, { 'x-forwarded-for': from, ...(cookie && { cookie }) })
const own = { password: 'dermlive' }

/**
 * For `ms`, somebody takes every opening in the moment it comes, each from the next network. They ask the limiter itself, as a sign-in does before
 * it compares a password. @returns how many passwords would have been compared
 */
async function besiege(user: string, ms: number, nextNetwork: () => string): Promise<number> {
  const account = ids.lakeside.users[user]!.id
  let compared = 0
  let from = nextNetwork()
  const guess = () => pod.pod.api.attempts.signIn({ account, from: parseAddress(from)!, device: null })
  for (let elapsed = 0; elapsed < ms && compared < TOO_MANY;) {
    const refusal = await guess().then(
      () => null,
      (error: CodedError) => error,
    )
    if (refusal === null) {
      compared++
      from = nextNetwork()
      continue
    }
    expect(refusal.code).toBe('rate_limited')
    const waitMs = Number(refusal.details['retryAfter']) * 1_000
    elapsed += waitMs
    pod.clock.advance(waitMs)
  }
  // The opening that has come just now, too.
  await guess().then(
    () => compared++,
    () => {},
  )
  return compared
}
const inTurn = (networks: readonly string[]) => {
  let n = 0
  return () => networks[n++ % networks.length] as string
}

describe('[SEC31] who takes every opening of an account', () => {
  it('from thirty networks does not keep its owner out on a new device in a clean network', async () => {
    const user = 'provider'
    const { email } = ids.lakeside.users[user]!
    await besiege(user, HOUR / 2, inTurn(Array.from({ length: 30 }, freshNetwork)))
    expect((await tryPassword(email, freshNetwork())).status).toBe(401)
    expect((await tryPassword(email, freshNetwork(), own)).status).toBe(200)
  })

  it('[SEC40] from ever new networks has fewer than a hundred guesses an hour, and keeps nobody out at home', async () => {
    const user = 'biller'
    const { email } = ids.lakeside.users[user]!
    const home = freshNetwork()
    expect((await tryPassword(email, home, own)).status).toBe(200)
    expect(await besiege(user, HOUR, freshNetwork)).toBeLessThanOrEqual(76)
    expect((await tryPassword(email, freshNetwork(), own)).status).toBe(429)
    expect((await tryPassword(email, home, own)).status).toBe(200)
    // That it was right at home gives who guesses nothing.
    expect((await tryPassword(email, freshNetwork())).status).toBe(429)
    expect(await besiege(user, HOUR, freshNetwork)).toBeLessThanOrEqual(34)
  })

  it('[SEC40] has one attempt in a clean network and three in its neighbourhood', async () => {
    const user = 'ma'
    const { email } = ids.lakeside.users[user]!
    await besiege(user, HOUR / 6, inTurn(Array.from({ length: 5 }, freshNetwork)))
    const tried: number[] = []
    for (const host of [1, 1, 2, 3, 4, 5]) tried.push((await tryPassword(email, `203.0.113.${host}`)).status)
    expect(tried).toEqual([401, 429, 401, 401, 429, 429])
    const six = (n: number) => `2001:db8:77:${n}::1`
    for (const net of [1, 2, 3, 4]) tried.push((await tryPassword(email, six(net))).status)
    expect(tried.slice(6)).toEqual([401, 401, 401, 429])
  })

  it('[SEC40] who has failed is no clean network for an hour, and for longer each time', async () => {
    const user = 'pathology'
    const { email } = ids.lakeside.users[user]!
    const others = Array.from({ length: 15 }, freshNetwork)
    await besiege(user, HOUR / 6, inTurn(others))
    const from = freshNetwork()
    expect((await tryPassword(email, from)).status).toBe(401)
    await besiege(user, HOUR / 2, inTurn(others))
    expect((await tryPassword(email, from)).status).toBe(429)
    await besiege(user, HOUR, inTurn(others))
    expect((await tryPassword(email, from)).status).toBe(401)
    await besiege(user, HOUR, inTurn(others))
    expect((await tryPassword(email, from)).status).toBe(429)
  })
})

describe('[SEC41] a browser that several people share', () => {
  it('is known to each of them, while others guess at both', async () => {
    const users = ['owner', 'frontdesk']
    const emails = users.map((user) => ids.lakeside.users[user]!.email)
    const desk = freshNetwork()
    let cookie = ''
    for (const email of emails) {
      const { headers } = await tryPassword(email, desk, { ...own, cookie })
      cookie = headers
        .getSetCookie()
        .find((one) => one.includes('derm_device='))!
        .split(';')[0]!
    }
    for (const [n, user] of users.entries()) {
      await besiege(user, HOUR / 12, freshNetwork)
      expect((await tryPassword(emails[n]!, freshNetwork(), own)).status).toBe(429)
      expect((await tryPassword(emails[n]!, freshNetwork(), { ...own, cookie })).status).toBe(200)
    }
  })

  it('[SEC31] does not keep its owner out at home when somebody has copied its cookie and guesses elsewhere', async () => {
    const { email } = ids.summit.users['ma']!
    const home = freshNetwork()
    const { headers } = await tryPassword(email, home, own)
    const device = headers.getSetCookie().find((one) => one.includes('derm_device='))!
    const cookie = device.split(';')[0]!
    for (let n = 0; n < 5; n++) expect((await tryPassword(email, freshNetwork(), { cookie })).status).toBe(401)
    pod.clock.advance(1_000)
    for (let n = 0; n < 4; n++) {
      const { headers: told } = await tryPassword(email, freshNetwork(), { cookie })
      pod.clock.advance(Number(told.get('retry-after') ?? 0) * 1_000)
    }
    await tryPassword(email, freshNetwork(), { cookie })
    expect((await tryPassword(email, freshNetwork(), { ...own, cookie })).status).toBe(429)
    expect((await tryPassword(email, home, { ...own, cookie })).status).toBe(200)
    const guesses: number[] = []
    for (let n = 0; n < 7; n++) guesses.push((await tryPassword(email, home, { cookie })).status)
    expect(guesses.filter((status) => status === 401).length).toBeLessThanOrEqual(6)
    expect(guesses).toContain(429)
  })
})

describe('[SEC45] who has left, and knows the password', () => {
  it('is delayed as who guesses is, and writes no more into the audit log', async () => {
    const { email, id } = ids.summit.users['provider']!
    await pod.sql('UPDATE user_access SET active = false WHERE user_id = $1', [id])
    const tried: number[] = []
    for (let n = 0; n < 11; n++) tried.push((await tryPassword(email, freshNetwork(), own)).status)
    expect(tried).toEqual([...Array(10).fill(403), 429])
    await pod.pod.api.audit.drain()
    const rows = await pod.sql(`SELECT 1 FROM audit_log WHERE subject_id = $1 AND action = 'session.refused'`, [id])
    expect(rows).toHaveLength(10)
  })
})
