import { describe, expect, it, vi } from 'vitest'
import { OTHER_ACCOUNT, createExclusive, createSession, type SessionTrace } from './session.ts'

const user = (id: string) => ({
  id,
  tenantId: 't',
  tenantName: 'Lakeside',
  displayName: id,
  email: `${id}@x.example`,
  grants: [],
})
const answer = (id: string, accessToken: string) => Response.json({ accessToken, expiresIn: 600, user: user(id) })
const problem = (code: string, status: number) => Response.json({ code, title: code, status }, { status })

function createTrace(isSignedIn = true): SessionTrace {
  let marked = isSignedIn
  return { has: () => marked, set: (next) => (marked = next) }
}

function setUp(respond: (path: string) => Response | Promise<Response>, trace = createTrace()) {
  let clock = 0
  const fetch = vi.fn(async (url: string) => respond(url.replace('/api/v1/auth/', '')))
  const session = createSession({
    fetch: fetch as unknown as typeof globalThis.fetch,
    now: () => clock,
    exclusively: createExclusive(undefined),
    trace,
  })
  return {
    session,
    fetch,
    pass: (ms: number) => (clock += ms),
    paths: () => fetch.mock.calls.map(([url]) => url.split('/').at(-1)),
  }
}

describe('the session', () => {
  it('comes back after a reload by the refresh cookie', async () => {
    const { session } = setUp(() => answer('ann', 'one'))
    expect((await session.restore()).status).toBe('signed-in')
    expect(await session.getToken()).toBe('one')
  })
  it('is signed out without a notice when there is no cookie, and knows the difference to a server that is away', async () => {
    const { session } = setUp(() => problem('unauthenticated', 401))
    expect(await session.restore()).toEqual({
      status: 'signed-out',
      notice: null,
    })
    const away = setUp(() => Promise.reject(new TypeError('failed')))
    await expect(away.session.restore()).rejects.toMatchObject({
      code: 'offline',
    })
    expect(away.session.getState().status).toBe('unknown')
  })
  it('asks nothing where nobody has signed in, and again after the next sign-in', async () => {
    const trace = createTrace(false)
    const { session, paths } = setUp(() => answer('ann', 'one'), trace)
    expect(await session.restore()).toEqual({ status: 'signed-out', notice: null })
    expect(paths()).toEqual([])
    await session.login('a', 'b')
    expect(trace.has()).toBe(true)
    await session.logout()
    expect(trace.has()).toBe(false)
  })
  it('leaves the trace of the other account that has taken over the browser', async () => {
    const trace = createTrace()
    const { session } = setUp((path) => answer(path === 'login' ? 'ann' : 'bob', 'one'), trace)
    await session.login('a', 'b')
    await expect(session.refreshToken()).rejects.toMatchObject({ code: 'session_ended' })
    expect(trace.has()).toBe(true)
  })
  it('renews the token before it ends, once for all that ask', async () => {
    let count = 0
    const { session, pass, paths } = setUp((path) => answer('ann', path === 'login' ? 'first' : `token-${++count}`))
    await session.login('a', 'b')
    expect(await session.getToken()).toBe('first')
    pass(575_000)
    expect(await Promise.all([session.getToken(), session.getToken(), session.refreshToken()])).toEqual([
      'token-1',
      'token-1',
      'token-1',
    ])
    expect(paths()).toEqual(['login', 'refresh'])
  })
  it('ends with a notice when the server says that the session is over', async () => {
    const { session } = setUp((path) => (path === 'login' ? answer('ann', 'one') : problem('session_ended', 401)))
    await session.login('a', 'b')
    await expect(session.refreshToken()).rejects.toMatchObject({
      code: 'session_ended',
    })
    expect(session.getState()).toMatchObject({
      status: 'signed-out',
      notice: expect.stringContaining('ended'),
    })
  })
  it('stays signed in while the server is only away', async () => {
    const { session } = setUp((path) => (path === 'login' ? answer('ann', 'one') : problem('unavailable', 503)))
    await session.login('a', 'b')
    await expect(session.refreshToken()).rejects.toMatchObject({
      code: 'unavailable',
    })
    expect(session.getState().status).toBe('signed-in')
  })
  it('never goes on as the other person whose sign-in replaced this browser’s cookie', async () => {
    const { session } = setUp((path) => answer(path === 'login' ? 'ann' : 'bob', 'x'))
    await session.login('a', 'b')
    await expect(session.refreshToken()).rejects.toMatchObject({
      code: 'session_ended',
    })
    expect(session.getState()).toEqual({
      status: 'signed-out',
      notice: OTHER_ACCOUNT,
    })
  })
  it('does not come back by an answer that was on its way at sign-out', async () => {
    let release: (response: Response) => void = () => undefined
    const { session } = setUp((path) =>
      path === 'login'
        ? answer('ann', 'one')
        : path === 'logout'
          ? new Response(null, { status: 204 })
          : new Promise((resolve) => (release = resolve)),
    )
    await session.login('a', 'b')
    const late = session.refreshToken()
    await vi.waitFor(() => expect(release).not.toBe(undefined))
    session.end(null)
    await vi.waitFor(() => release(answer('ann', 'two')))
    await expect(late).rejects.toMatchObject({ code: 'session_ended' })
    expect(session.getState().status).toBe('signed-out')
  })
  it('gives up on a server that never answers, so that the next one who asks has a turn', async () => {
    const deadline = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(deadline.signal)
    let isDead = true
    const session = createSession({
      fetch: (_url, init) =>
        isDead
          ? new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))))
          : Promise.resolve(answer('ann', 'one')),
      now: () => 0,
      exclusively: createExclusive(undefined),
      trace: createTrace(),
    })
    const stuck = session.refreshToken()
    await Promise.resolve()
    deadline.abort()
    await expect(stuck).rejects.toMatchObject({ code: 'offline' })
    isDead = false
    expect(await session.refreshToken()).toBe('one')
    vi.restoreAllMocks()
  })
  it('signs out here also when the server is away', async () => {
    const { session } = setUp((path) =>
      path === 'login' ? answer('ann', 'one') : Promise.reject(new TypeError('failed')),
    )
    await session.login('a', 'b')
    await session.logout()
    expect(session.getState()).toEqual({ status: 'signed-out', notice: null })
    await expect(session.getToken()).rejects.toMatchObject({
      code: 'unauthenticated',
    })
  })
})
