import { ERRORS, type ClientAction, type ErrorCode } from '@derm/contract'
import { systemClock } from '@derm/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApiFetch } from './api-fetch.ts'

type Sent = { url: string; token: string | null; redirect: string | undefined }
let sent: Sent[]
let answer: (url: URL, token: string | null) => Response | Promise<Response>
beforeEach(() => {
  vi.useFakeTimers()
  sent = []
  answer = () => Response.json({})
  vi.stubGlobal('fetch', async (url: URL, init: RequestInit) => {
    const token = new Headers(init.headers).get('authorization')
    sent.push({ url: url.href, token, redirect: init.redirect })
    return answer(url, token)
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const problem = (code: string, headers: Record<string, string> = {}) =>
  Response.json({ code }, { status: ERRORS[code as ErrorCode]?.status ?? 500, headers })

/** An application that keeps its newest token. */
function createSession() {
  let current = 1
  const session = { renewals: 0 }
  const getToken = async () => `t${current}`
  const refreshToken = async () => {
    session.renewals++
    await new Promise((resolve) => setTimeout(resolve, 50))
    return `t${++current}`
  }
  return Object.assign(session, { getToken, refreshToken })
}
const create = (apiUrl = 'https://api.example', session = createSession()) => ({
  session,
  fetch: createApiFetch({ apiUrl, clock: systemClock, ...session }),
})
async function settle<Result>(promise: Promise<Result>): Promise<Result> {
  const [result] = await Promise.all([promise, vi.advanceTimersByTimeAsync(30_000)])
  return result
}

describe('[SUB23] the token goes to the API’s origin', () => {
  it.each([
    'https://elsewhere.example',
    'https://elsewhere.example/api/v1/me',
    '//elsewhere.example/api',
    '/\\elsewhere.example',
    '\\\\elsewhere.example',
    '/\t/elsewhere.example',
    ' //elsewhere.example',
    'http://api.example/api/v1/me',
    'https://api.example:444/',
    'https://api.example@elsewhere.example/',
    'https://api.example.elsewhere.example/',
    'data:text/plain,x',
  ])('and not to %j', async (input) => {
    const { fetch } = create()
    await expect(fetch(input)).rejects.toThrow(TypeError)
    expect(sent).toEqual([])
  })

  it.each([
    '/.//elsewhere.example/x',
    '/a/..//elsewhere.example',
    '/%2e//elsewhere.example',
    '/api//elsewhere.example',
  ])('and %j is a path of it', async (input) => {
    await create().fetch(input)
    expect(new URL(sent[0]!.url).origin).toBe('https://api.example')
  })

  it('and not after it where somebody redirects', async () => {
    await create().fetch('/api/v1/me')
    expect(sent).toEqual([{ url: 'https://api.example/api/v1/me', token: 'Bearer t1', redirect: 'error' }])
  })
})

describe('[SUB25] a url with a path', () => {
  it.each([
    ['https://app.example/derm', '/api/v1/me?a=%2F', 'https://app.example/derm/api/v1/me?a=%2F'],
    ['https://app.example/derm/', '/api/v1/me', 'https://app.example/derm/api/v1/me'],
    ['https://app.example/derm', 'api/v1/me', 'https://app.example/derm/api/v1/me'],
    ['https://app.example/a/b', '/api/v1/me', 'https://app.example/a/b/api/v1/me'],
    ['https://app.example', '/api/v1/me', 'https://app.example/api/v1/me'],
    ['https://app.example/derm', 'https://app.example/derm/api/v1/me', 'https://app.example/derm/api/v1/me'],
  ])('%s is what %s is below', async (apiUrl, input, url) => {
    await create(apiUrl).fetch(input)
    expect(sent.map((one) => one.url)).toEqual([url])
  })
})

describe('[SUB24] a token is renewed only while it is the current one', () => {
  it('once for forty requests that are refused one after the other', async () => {
    const { fetch, session } = create()
    answer = async (_, token) => {
      const response = token === 'Bearer t1' ? problem('token_expired') : Response.json({})
      await new Promise((resolve) => setTimeout(resolve, 25 * sent.length))
      return response
    }
    const answers = await settle(Promise.all(Array.from({ length: 40 }, () => fetch('/api/v1/me'))))
    expect(answers.every(({ ok }) => ok)).toBe(true)
    expect(session.renewals).toBe(1)
  })

  it('and not where another one has taken its place meanwhile', async () => {
    const session = createSession()
    const { fetch } = create('https://api.example', session)
    answer = async (_, token) => {
      if (token !== 'Bearer t1') return Response.json({})
      await session.refreshToken()
      return problem('token_invalid')
    }
    expect((await settle(fetch('/api/v1/me'))).ok).toBe(true)
    expect(session.renewals).toBe(1)
  })

  it('again when the next one is refused, and not for ever', async () => {
    const { fetch, session } = create()
    answer = () => problem('token_invalid')
    expect((await settle(fetch('/api/v1/me'))).status).toBe(401)
    expect((await settle(fetch('/api/v1/me'))).status).toBe(401)
    expect(session.renewals).toBe(2)
    expect(sent).toHaveLength(4)
  })
})

describe('[SUB20] a refusal is acted on as its code says', () => {
  const EXPECTED: Record<ClientAction, { requests: number; renewals: number }> = {
    fix: { requests: 1, renewals: 0 },
    reload: { requests: 1, renewals: 0 },
    stop: { requests: 1, renewals: 0 },
    refresh: { requests: 2, renewals: 1 },
    backoff: { requests: 3, renewals: 0 },
  }

  it.each(Object.keys(ERRORS) as ErrorCode[])('%s', async (code) => {
    const { fetch, session } = create()
    answer = () => problem(code, { 'retry-after': '1' })
    const response = await settle(fetch('/api/v1/me'))
    expect(((await response.json()) as { code: string }).code).toBe(code)
    expect({ requests: sent.length, renewals: session.renewals }).toEqual(EXPECTED[ERRORS[code].client])
  })

  it('what may have been done is not repeated without an Idempotency-Key', async () => {
    const { fetch } = create()
    answer = () => problem('unavailable', { 'retry-after': '1' })
    await settle(fetch('/api/v1/appointments', { method: 'POST' }))
    expect(sent).toHaveLength(1)
    await settle(fetch('/api/v1/appointments', { method: 'POST', headers: { 'idempotency-key': 'one' } }))
    expect(sent).toHaveLength(4)
  })

  it.each([
    ['without a word of when', () => problem('unavailable')],
    ['to come back in a minute', () => problem('unavailable', { 'retry-after': '60' })],
    ['by a page that is not the API’s', () => new Response('<html>', { status: 503, headers: { 'retry-after': '1' } })],
  ])('backoff %s is the caller’s', async (_, refuse) => {
    answer = refuse
    await settle(create().fetch('/api/v1/me'))
    expect(sent).toHaveLength(1)
  })
})

it('[INV26] a 304 is handed on', async () => {
  answer = () => new Response(null, { status: 304, headers: { 'as-of': '' } })
  expect((await create().fetch('/api/v1/me')).status).toBe(304)
})
