import { describe, expect, it } from 'vitest'
import { CodedError } from '@derm/contract'
import { ids, useTestPod, type Answer } from '../testing/test-pod.ts'

const pod = useTestPod()
const MINUTE = 60_000
/** Each test has networks of its own, and each minute of the clock that it needs. */
let networks = 0
const network = () => `198.18.${networks++}.1`
const tryPassword = (email: string, from: string, { password = 'guess', cookie = '' } = {}) =>
  pod.nobody.post('/auth/login', { email, password }, { 'x-forwarded-for': from, ...(cookie && { cookie }) })
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status)
const countOf = (answers: readonly Answer[], status: number) =>
  answers.filter((answer) => answer.status === status).length
const deviceOf = ({ headers }: Answer) =>
  headers
    .getSetCookie()
    .find((cookie) => cookie.startsWith('__Secure-derm_device='))
    ?.split(';')[0] as string
const emailOf = (practice: 'lakeside' | 'summit', user: string) => ids[practice].users[user]?.email as string

describe('[SEC30] guessing at one account', () => {
  it('from sixty addresses is stopped after ten, whatever is written for the account and the address', async () => {
    const email = emailOf('summit', 'provider')
    const spellings = [email, email.toUpperCase(), ` ${email} `, email.replace('p', 'ｐ'), `\t${email}`]
    const guess = (n: number) => tryPassword(spellings[n % 5] as string, `203.0.113.${n}${n % 2 ? ':4711' : ''}`)
    const answers: Answer[] = []
    for (let n = 0; n < 11; n++) answers.push(await guess(n))
    // The eleventh was held for about as long as its delay, so that one more attempt may be admitted, and another a second later.
    answers.push(...(await Promise.all(Array.from({ length: 49 }, (_, n) => guess(11 + n)))))
    expect(countOf(answers, 401)).toBeGreaterThanOrEqual(10)
    expect(countOf(answers, 401)).toBeLessThanOrEqual(13)
    expect(statuses(answers.slice(0, 10))).toEqual(Array(10).fill(401))
    expect(answers[10]).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
    expect(Number(answers[10]?.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('at once: no more pass together than one after the other', async () => {
    const email = emailOf('summit', 'biller')
    const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => tryPassword(email, `203.0.114.${n}`)))
    expect(countOf(answers, 401)).toBeGreaterThanOrEqual(10)
    // Those that come a second later, on a busy machine, may find one more admitted.
    expect(countOf(answers, 401)).toBeLessThanOrEqual(13)
    expect(countOf(answers, 401) + countOf(answers, 429)).toBe(60)
  })

  it('from one IPv6 /64, and from one address in all its forms, is stopped after five', async () => {
    const forms = (n: number) => [`2001:db8:7:7::${n + 1}`, `[2001:db8:7:7:${n + 1}::1]:80`][n % 2] as string
    const sixes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => tryPassword(emailOf('summit', 'ma'), forms(n))),
    )
    expect(countOf(sixes, 401)).toBeLessThanOrEqual(7)
    const mapped = [
      '203.0.115.9',
      '::ffff:203.0.115.9',
      '[::ffff:203.0.115.9]:1',
      '64:ff9b::203.0.115.9',
      '203.0.115.9:2',
    ]
    const fours = await Promise.all(
      Array.from({ length: 20 }, (_, n) => tryPassword(emailOf('summit', 'pathology'), mapped[n % 5] as string)),
    )
    expect(countOf(fours, 401)).toBeLessThanOrEqual(7)
  })

  it('is delayed for longer each time, up to five minutes from networks that have failed there before, and less is free no more', async () => {
    const email = emailOf('summit', 'owner')
    for (let n = 0; n < 10; n++) await tryPassword(email, `203.0.116.${n}`)
    const waits: number[] = []
    for (let n = 0; n < 11; n++) {
      const refused = await tryPassword(email, `203.0.116.${n % 10}`)
      expect(refused.status).toBe(429)
      const wait = Number(refused.headers.get('retry-after'))
      waits.push(wait)
      pod.clock.advance(wait * 1_000)
      expect((await tryPassword(email, `203.0.116.${n % 10}`)).status).toBe(401)
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  })

  it('says the same of an account that does not exist', async () => {
    const answers: Answer[] = []
    for (let n = 0; n < 11; n++) answers.push(await tryPassword('nobody@summit.example', `203.0.119.${n}`))
    expect(statuses(answers)).toEqual([...Array(10).fill(401), 429])
  })

  it('[SEC34] is refused after others who asked later, so that a loop asks no faster', async () => {
    const email = 'somebody@summit.example'
    for (let n = 0; n < 10; n++) await tryPassword(email, `203.0.121.${n}`)
    const order: string[] = []
    const refused = tryPassword(email, '203.0.121.99').then(({ status }) => order.push(`refused ${status}`))
    for (let n = 0; n < 10; n++) await tryPassword(`other${n}@summit.example`, `203.0.122.${n}`, { password: '' })
    order.push('others')
    await refused
    expect(order).toEqual(['others', 'refused 429'])
  })
})

describe('[SEC30] guessing at many accounts', () => {
  it('from one network is stopped after thirty', async () => {
    const from = network()
    const answers: Answer[] = []
    for (let n = 0; n < 40; n++) answers.push(await tryPassword(`somebody${n}@summit.example`, from))
    expect(statuses(answers.slice(0, 30))).toEqual(Array(30).fill(401))
    expect(countOf(answers, 401)).toBeLessThanOrEqual(33)
  })

  it('one’s own right password in between frees nothing', async () => {
    const from = network()
    const own = { password: 'dermlive' }
    for (let n = 0; n < 30; n++) {
      if (n % 10 === 9) expect((await tryPassword(emailOf('lakeside', 'biller'), from, own)).status).toBe(200)
      expect((await tryPassword(`other${n}@summit.example`, from)).status).toBe(401)
    }
    expect((await tryPassword('other30@summit.example', from)).status).toBe(429)
  })

  it('people of one practice who sign in together are not in each other’s way', async () => {
    const from = network()
    const users = Object.values(ids.lakeside.users).slice(0, 6)
    const answers = await Promise.all(
      Array.from({ length: 3 }, () => users)
        .flat()
        .map(({ email }) => tryPassword(email, from, { password: 'dermlive' })),
    )
    expect(statuses(answers)).toEqual(Array(answers.length).fill(200))
  })
})

describe('[SEC31] who is guessed at', () => {
  it('signs in on a browser that has signed in before, while others guess; and is told of it', async () => {
    const email = emailOf('lakeside', 'provider')
    const home = network()
    const first = await tryPassword(email, home, { password: 'dermlive' })
    const device = deviceOf(first)
    expect(first.body.refusedSignIns).toBeNull()
    const guesses = await Promise.all(Array.from({ length: 30 }, (_, n) => tryPassword(email, `203.0.120.${n}`)))
    const guessed = countOf(guesses, 401)
    expect(guessed).toBeLessThanOrEqual(13)
    const answer = await tryPassword(email, home, { password: 'dermlive', cookie: device })
    expect(answer).toMatchObject({
      status: 200,
      body: { refusedSignIns: { count: guessed, lastAt: expect.any(String) } },
    })
    expect((await tryPassword(email, home, { password: 'dermlive', cookie: device })).body.refusedSignIns).toBeNull()
    // Who is signed in is told at the next renewal.
    expect(await pod.nobody.post('/auth/refresh', undefined, { cookie: first.cookie as string })).toMatchObject({
      status: 200,
      body: { refusedSignIns: { count: guessed } },
    })
  })

  it('waits five minutes at most elsewhere, and then signs in; the count begins anew', async () => {
    const email = emailOf('lakeside', 'ma')
    for (let n = 0; n < 20; n++) {
      const { headers } = await tryPassword(email, `203.0.121.${n}`)
      pod.clock.advance(Number(headers.get('retry-after') ?? 0) * 1_000)
    }
    pod.clock.advance(5 * MINUTE)
    expect((await tryPassword(email, network(), { password: 'dermlive' })).status).toBe(200)
    for (let n = 0; n < 10; n++) expect((await tryPassword(email, `203.0.122.${n}`)).status).toBe(401)
  })

  it('a known browser is counted by itself, and is known for its own account alone', async () => {
    const email = emailOf('lakeside', 'pathology')
    const device = deviceOf(await tryPassword(email, network(), { password: 'dermlive' }))
    const shown = (name: string, cookie: string) => tryPassword(name, `203.0.123.${networks++}`, { cookie })
    const own = await Promise.all(Array.from({ length: 10 }, () => shown(email, device)))
    expect(countOf(own, 401)).toBeLessThanOrEqual(7)
    const other = await Promise.all(Array.from({ length: 20 }, () => shown(emailOf('lakeside', 'auditor'), device)))
    expect(countOf(other, 401)).toBeGreaterThanOrEqual(10)
    const forged = device.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    const answers = await Promise.all([...Array(20)].map(() => shown(emailOf('lakeside', 'frontdesk.north'), forged)))
    expect(countOf(answers, 401)).toBeGreaterThanOrEqual(10)
  })
})

describe('[SEC30] the counters', () => {
  it('hold neither an account nor an address, and are gone when they have ended', async () => {
    const from = network()
    await tryPassword('gone@summit.example', from)
    const rows = await pod.sql('SELECT * FROM attempt_counters')
    expect(rows.length).toBeGreaterThan(0)
    for (const { name } of rows) expect(name).toHaveLength(16)
    pod.clock.advance(61 * MINUTE)
    for (let n = 0; rows.length > 0 && n < 100; n++) {
      await tryPassword(`later${n}@summit.example`, network())
      if ((await pod.sql('SELECT count(*)::int AS n FROM attempt_counters WHERE expires_at < now()'))[0].n === 0) break
    }
    const left = (await pod.sql('SELECT name FROM attempt_counters')).map(({ name }) => String(name))
    expect(left).not.toEqual(expect.arrayContaining(rows.map(({ name }) => String(name))))
  })

  it('an attempt that could not be decided is taken back', async () => {
    const { passwords } = pod.pod.api
    const email = emailOf('summit', 'auditor')
    const from = network()
    pod.pod.api.passwords = { verify: () => Promise.reject(new CodedError('unavailable')) }
    for (let n = 0; n < 12; n++) expect((await tryPassword(email, from)).status).toBe(503)
    pod.pod.api.passwords = passwords
    expect((await tryPassword(email, from)).status).toBe(401)
  })
})
