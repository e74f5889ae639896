import { createHmac, createPublicKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { generateSigningKey, type SigningKeyFile } from '@derm/auth'
import { ORIGIN, ids, useTestPod } from '../testing/test-pod.ts'

const pod = useTestPod()
const email = 'frontdesk@lakeside.example'
const refresh = (cookie: string, headers: Record<string, string> = {}) =>
  pod.nobody.post('/auth/refresh', undefined, { cookie, ...headers })
const keyFile = (): SigningKeyFile => JSON.parse(readFileSync(pod.keysFile(), 'utf8')) as SigningKeyFile
const versionOf = async (id: string) =>
  Number((await pod.sql('SELECT version FROM user_access WHERE user_id = $1', [id]))[0].version)

/** Signs what it is given with the pod's own key, as somebody could who has got hold of it. */
function forge(token: string, change: object): string {
  const { active, keys } = keyFile()
  const key = keys.find(({ kid }) => kid === active)!
  const claims = jwt.decode(token) as object
  return jwt.sign({ ...claims, ...change }, key.privateKeyPem, { algorithm: key.alg, keyid: key.kid })
}

describe('a token whose signature holds', () => {
  it.each<[string, (sid: string) => object, string]>([
    ['of a session that never existed', () => ({ sid: '00000000-0000-4000-8000-000000000000' }), 'session_ended'],
    ['of another user’s session', () => ({ sub: ids.lakeside.users['biller']!.id }), 'session_ended'],
    ['of another tenant', () => ({ tid: ids.summit.tenantId }), 'access_revoked'],
  ])('[OPS1] %s reads and changes nothing', async (_name, change, code) => {
    const { accessToken } = await pod.signIn('owner@lakeside.example')
    const forged = pod.withToken(forge(accessToken, change('')))
    const [patientId] = ids.lakeside.patientIds
    for (const answer of [
      await forged.get('/auth/me'),
      await forged.get('/locations'),
      await forged.post('/patients/search', { query: 'a' }),
      await forged.get(`/events?channel=${ids.lakeside.tenantId}/t/patients&epoch=0000000000000000&after=0`),
      await forged.patch(`/patients/${patientId}`, { firstName: 'Forged' }, { 'if-match': '"1"' }),
      await forged.post(`/admin/users/${ids.lakeside.users['ma']!.id}/revoke`),
    ])
      expect(answer.body.code).toBe(code)
    expect((await pod.withToken(forge(accessToken, {})).get('/auth/me')).status).toBe(200)
  })
})

describe('signing in', () => {
  it('[OPS4] answers token, lifetime and user, and sets a cookie that scripts, other sites and plain http cannot use', async () => {
    const { headers, body } = await pod.nobody.post(
      '/auth/login',
      { email: email.toUpperCase(), password: 'dermlive' },
      { origin: ORIGIN },
    )
    expect(body).toMatchObject({ expiresIn: 600, user: { email, tenantName: 'Lakeside Dermatology' } })
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Secure-derm_refresh=[^;]+; Max-Age=43200; Path=\/api\/v1\/auth; HttpOnly; Secure; SameSite=Strict$/,
      ),
      expect.stringMatching(
        /^__Secure-derm_device=[^;]+; Max-Age=7776000; Path=\/api\/v1\/auth; HttpOnly; Secure; SameSite=Strict$/,
      ),
    ])
    const claims = jwt.decode(body.accessToken) as Record<string, unknown>
    expect(Object.keys(claims).sort()).toEqual(['aud', 'av', 'exp', 'iat', 'iss', 'sid', 'sub', 'tid'])
    expect(claims).toMatchObject({ sub: body.user.id, tid: ids.lakeside.tenantId })
  })

  it('[OPS4] a cookie without the prefix, which anybody in between could have planted, is not taken', async () => {
    const { cookie } = await pod.signIn(email, { fresh: true })
    expect((await refresh(cookie.replace('__Secure-', ''))).body.code).toBe('unauthenticated')
    expect((await refresh(cookie)).status).toBe(200)
  })

  it('[SEC] says the same of a wrong password and of an unknown email', async () => {
    const wrong = await pod.nobody.post('/auth/login', { email: 'biller@lakeside.example', password: 'x' })
    const unknown = await pod.nobody.post('/auth/login', { email: 'nobody@lakeside.example', password: 'x' })
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    const { requestId: _a, ...one } = wrong.body
    const { requestId: _b, ...other } = unknown.body
    expect(one).toEqual(other)
    expect(one.code).toBe('bad_credentials')
  })

  it.each([['https://evil.example'], ['null'], [`${ORIGIN}.evil.example`]])(
    '[SEC] refuses the origin %s',
    async (origin) => {
      for (const path of ['/auth/login', '/auth/refresh', '/auth/logout'])
        expect(
          await pod.nobody.post(path, path === '/auth/login' ? { email, password: 'dermlive' } : undefined, { origin }),
        ).toMatchObject({
          status: 400,
          body: { code: 'origin_forbidden' },
        })
    },
  )
})

describe('refreshing', () => {
  it('rotates the cookie', async () => {
    const { cookie, user } = await pod.signIn(email, { fresh: true })
    const first = await refresh(cookie)
    expect(first).toMatchObject({ status: 200, body: { user: { id: user.id } } })
    expect(first.cookie).not.toBe(cookie)
    expect((await refresh(first.cookie as string)).status).toBe(200)
  })

  it('two tabs at once get the same successor, and both go on', async () => {
    const { cookie } = await pod.signIn(email, { fresh: true })
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(cookie)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    expect(new Set(answers.map((answer) => answer.cookie)).size).toBe(1)
    expect((await refresh(answers[0]?.cookie as string)).status).toBe(200)
  })

  it('[SEC] a used cookie after the grace ends the session, also for the one who holds the current one', async () => {
    const session = await pod.signIn(email, { fresh: true })
    const next = await refresh(session.cookie)
    const before = await versionOf(session.user.id)
    pod.clock.advance(31_000)
    expect(await refresh(session.cookie)).toMatchObject({ status: 401, body: { code: 'session_ended' } })
    expect(await refresh(next.cookie as string)).toMatchObject({ status: 401, body: { code: 'session_ended' } })
    expect(await pod.withToken(next.body.accessToken).get('/auth/me')).toMatchObject({
      status: 401,
      body: { code: 'session_ended' },
    })
    expect(await versionOf(session.user.id)).toBe(before + 1)
  })

  it('[SEC33] every cookie that was replaced within the grace gets the newest, however many rotations ago', async () => {
    const { cookie } = await pod.signIn(email, { fresh: true })
    const first = (await refresh(cookie)).cookie as string
    const second = (await refresh(first)).cookie as string
    const third = (await refresh(second)).cookie as string
    for (const old of [cookie, first, second, cookie])
      expect(await refresh(old)).toMatchObject({ status: 200, cookie: third })
    expect((await refresh(third)).status).toBe(200)
  })

  it('[SEC33] a grace begins with the rotation of its own cookie, not with the newest', async () => {
    const { cookie } = await pod.signIn(email, { fresh: true })
    const first = (await refresh(cookie)).cookie as string
    pod.clock.advance(20_000)
    const second = (await refresh(first)).cookie as string
    pod.clock.advance(11_000)
    expect(await refresh(first)).toMatchObject({ status: 200, cookie: second })
    expect((await refresh(cookie)).status).toBe(401)
    expect((await refresh(second)).status).toBe(401)
  })

  it('[SEC33] a refusal takes no cookie back: a newer one may be there by then', async () => {
    const session = await pod.signIn(email, { fresh: true })
    await session.post('/auth/logout', undefined, { cookie: session.cookie })
    const refused = await refresh(session.cookie)
    expect(refused).toMatchObject({ status: 401, body: { code: 'session_ended' } })
    expect(refused.headers.getSetCookie()).toEqual([])
  })

  it('[SEC33] signing out works with a cookie that was replaced', async () => {
    const { cookie } = await pod.signIn(email, { fresh: true })
    const next = (await refresh(cookie)).cookie as string
    pod.clock.advance(31_000)
    expect((await pod.nobody.post('/auth/logout', undefined, { cookie })).status).toBe(204)
    expect((await refresh(next)).status).toBe(401)
  })

  it('[SEC33] secrets that never were the session’s are counted, and the right one is taken all the same', async () => {
    const { cookie } = await pod.signIn(email, { fresh: true })
    const forge = (n: number) => cookie.replace(/\.([^.]{8})[^.]+$/, `.$1${String(n).padStart(43, 'A')}`)
    const answers = []
    for (let n = 0; n < 15; n++) answers.push((await refresh(forge(n))).status)
    expect(answers.slice(0, 10)).toEqual(Array(10).fill(401))
    expect(answers.slice(10)).toContain(429)
    expect((await refresh(cookie)).status).toBe(200)
  })

  it('[SEC33] nobody elsewhere keeps the owner’s used cookie from being recognised by sending wrong ones', async () => {
    const { cookie } = await pod.signIn(email, { fresh: true })
    const stolen = (await refresh(cookie)).cookie as string
    const thief = { 'x-forwarded-for': '203.0.113.9' }
    const forge = (n: number) => stolen.replace(/\.([^.]{8})[^.]+$/, `.$1${String(n).padStart(43, 'A')}`)
    pod.clock.advance(31_000)
    for (let n = 0; n < 15; n++) await refresh(forge(n), thief)
    expect(await refresh(cookie, { 'x-forwarded-for': '198.51.100.7' })).toMatchObject({ status: 401 })
    expect(await refresh(stolen, thief)).toMatchObject({ status: 401, body: { code: 'session_ended' } })
  })

  it('[SEC] one that was used several rotations ago is recognised after the grace too', async () => {
    const session = await pod.signIn(email, { fresh: true })
    let cookie = session.cookie
    for (let i = 0; i < 3; i++) cookie = (await refresh(cookie)).cookie as string
    pod.clock.advance(31_000)
    expect((await refresh(session.cookie)).status).toBe(401)
    expect((await refresh(cookie)).status).toBe(401)
  })

  it('[SEC] a forged secret is refused, and ends nobody’s session', async () => {
    const { cookie } = await pod.signIn(email, { fresh: true })
    const forged = cookie.replace(/\.([^.]{8})[^.]+$/, `.$1${'A'.repeat(43)}`)
    expect(await refresh(forged)).toMatchObject({ status: 401, body: { code: 'session_ended' } })
    expect((await refresh(cookie)).status).toBe(200)
    for (const text of ['__Secure-derm_refresh=', '__Secure-derm_refresh=a.b.c', 'other=1'])
      expect(await refresh(text)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
  })

  it('ends after twelve hours, however often it was used', async () => {
    const { cookie } = await pod.signIn('provider@lakeside.example', { fresh: true })
    pod.clock.advance(12 * 3_600_000 + 1_000)
    const answer = await refresh(cookie)
    expect(answer).toMatchObject({ status: 401, body: { code: 'session_ended' } })
  })
})

describe('signing out', () => {
  it('ends the session for token and cookie, and raises the access version', async () => {
    const session = await pod.signIn(email, { fresh: true })
    const other = await pod.signIn(email, { fresh: true })
    const before = await versionOf(session.user.id)
    const answer = await session.post('/auth/logout', undefined, { cookie: session.cookie })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('set-cookie')).toMatch(/^__Secure-derm_refresh=; Max-Age=0/)
    expect(await session.get('/auth/me')).toMatchObject({ status: 401, body: { code: 'session_ended' } })
    expect(await refresh(session.cookie)).toMatchObject({ status: 401, body: { code: 'session_ended' } })
    expect((await other.get('/auth/me')).status).toBe(200)
    expect(await versionOf(session.user.id)).toBe(before + 1)
  })

  it('works with the cookie alone, twice, and with nothing at all', async () => {
    const { cookie } = await pod.signIn(email, { fresh: true })
    expect((await pod.nobody.post('/auth/logout', undefined, { cookie })).status).toBe(204)
    expect((await refresh(cookie)).status).toBe(401)
    expect((await pod.nobody.post('/auth/logout', undefined, { cookie })).status).toBe(204)
    expect((await pod.nobody.post('/auth/logout')).status).toBe(204)
  })
})

describe('[SEC] tokens', () => {
  const claims = async () => jwt.decode((await pod.signIn(email, { fresh: true })).accessToken) as jwt.JwtPayload
  const me = (token: string) => pod.withToken(token).get('/auth/me')
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

  it('none, and a header that is none', async () => {
    expect(await pod.nobody.get('/auth/me')).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    expect((await pod.nobody.get('/auth/me')).headers.get('www-authenticate')).toBe('Bearer')
    expect(await pod.nobody.get('/auth/me', { authorization: 'Basic eDp5' })).toMatchObject({
      body: { code: 'unauthenticated' },
    })
  })

  it('alg none, HS256 with the public key, a missing exp, another audience, another key', async () => {
    const [key] = keyFile().keys
    if (!key) throw new Error('no key')
    const payload = await claims()
    const pem = createPublicKey(key.privateKeyPem).export({ type: 'spki', format: 'pem' }).toString()
    const hs256 = `${encode({ alg: 'HS256', typ: 'JWT', kid: key.kid })}.${encode(payload)}`
    const sign = (body: object, pem = key.privateKeyPem) => jwt.sign(body, pem, { algorithm: key.alg, keyid: key.kid })
    const { exp: _exp, ...endless } = payload
    const forgeries = [
      `${encode({ alg: 'none', kid: key.kid })}.${encode(payload)}.`,
      `${hs256}.${createHmac('sha256', pem).update(hs256).digest('base64url')}`,
      sign(endless),
      sign({ ...payload, aud: 'other' }),
      sign({ ...payload, exp: (payload.exp ?? 0) + 86_400 }),
      sign(payload, generateSigningKey().privateKeyPem),
    ]
    for (const forgery of forgeries)
      expect(await me(forgery)).toMatchObject({ status: 401, body: { code: 'token_invalid' } })
    expect((await me(sign(payload))).status).toBe(200)
  })

  it('expired', async () => {
    const { accessToken } = await pod.signIn('owner@summit.example', { fresh: true })
    pod.clock.advance(601_000)
    expect(await me(accessToken)).toMatchObject({ status: 401, body: { code: 'token_expired' } })
  })

  it('keys rotate without a restart, and the key set shows both', async () => {
    const old = (await pod.signIn('owner@summit.example', { fresh: true })).accessToken
    const file = keyFile()
    const next = generateSigningKey('RS256')
    writeFileSync(pod.keysFile(), JSON.stringify({ active: next.kid, keys: [...file.keys, next] }))
    pod.clock.advance(1_000)
    const fresh = (await pod.signIn('owner@summit.example', { fresh: true })).accessToken
    expect(jwt.decode(fresh, { complete: true })?.header).toMatchObject({ kid: next.kid, alg: 'RS256' })
    expect([(await me(old)).status, (await me(fresh)).status]).toEqual([200, 200])
    const { body } = await pod.nobody.get('//.well-known/jwks.json')
    expect(body.keys.map(({ kid }: { kid: string }) => kid)).toEqual([...file.keys.map(({ kid }) => kid), next.kid])
    expect(JSON.stringify(body)).not.toMatch(/"d":/)
  })
})
