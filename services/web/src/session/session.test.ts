import { describe, expect, it, vi } from 'vitest'
import { createSessionHint, type SessionHint } from './session-hint.ts'
import { OTHER_ACCOUNT, SIGN_OUT_OWED, createExclusive, createSession } from './session.ts'

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

/** A storage that all tabs share, as a map. */
function createStorage(content = new Map([['derm-session-hint', '1']])): Storage {
  return {
    getItem: (key: string) => content.get(key) ?? null,
    setItem: (key: string, value: string) => void content.set(key, value),
    removeItem: (key: string) => void content.delete(key),
  } as unknown as Storage
}
const createHint = (storage = createStorage()): SessionHint => createSessionHint(() => storage)

function setUp(
  respond: (path: string) => Response | Promise<Response>,
  hint = createHint(),
  exclusively = createExclusive(undefined),
) {
  let clock = 0
  const fetch = vi.fn(async (url: string) => respond(url.replace('/api/v1/auth/', '')))
  const session = createSession({
    fetch: fetch as unknown as typeof globalThis.fetch,
    now: () => clock,
    exclusively,
    hint,
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
  it.each([401, 403])('is not over by a page of a proxy’s with %i [INV23]', async (status) => {
    const page = () => new Response('<html>Sign in to the network</html>', { status })
    const { session } = setUp((path) => (path === 'login' ? answer('ann', 'one') : page()))
    await session.login('a', 'b')
    await expect(session.refreshToken()).rejects.toMatchObject({ code: 'unavailable' })
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
      hint: createHint(),
    })
    const stuck = session.refreshToken()
    await Promise.resolve()
    deadline.abort()
    await expect(stuck).rejects.toMatchObject({ code: 'offline' })
    isDead = false
    expect(await session.refreshToken()).toBe('one')
    vi.restoreAllMocks()
  })
  it('signs out here before the server has answered', async () => {
    const { session } = setUp((path) => (path === 'login' ? answer('ann', 'one') : new Promise(() => undefined)))
    await session.login('a', 'b')
    void session.logout()
    expect(session.getState()).toEqual({ status: 'signed-out', notice: null })
    await expect(session.getToken()).rejects.toMatchObject({ code: 'unauthenticated' })
  })
  describe('signs out here also when the server is away, and says that it does not know (it used to say nothing)', () => {
    const away = async (hint: SessionHint) => {
      const { session } = setUp(
        (path) => (path === 'login' ? answer('ann', 'one') : Promise.reject(new TypeError('failed'))),
        hint,
      )
      await session.login('a', 'b')
      await session.logout()
      expect(session.getState()).toEqual({ status: 'signed-out', notice: SIGN_OUT_OWED })
      return session
    }
    const there = (path: string) => (path === 'logout' ? new Response(null, { status: 204 }) : answer('ann', 'two'))

    it('then the next load ends the session on the server, and does not bring it back', async () => {
      const hint = createHint()
      await away(hint)
      const next = setUp(there, hint)
      expect(await next.session.restore()).toEqual({ status: 'signed-out', notice: null })
      expect(next.paths()).toEqual(['logout'])
      const later = setUp(there, hint)
      await later.session.restore()
      expect(later.paths()).toEqual([])
    })
    it('then a load while it is still away says so again', async () => {
      const hint = createHint()
      await away(hint)
      const { session } = setUp(() => Promise.reject(new TypeError('failed')), hint)
      expect(await session.restore()).toEqual({ status: 'signed-out', notice: SIGN_OUT_OWED })
    })
    it('then the next sign-in ends the old session first, and another tab’s refresh does', async () => {
      const hint = createHint()
      await away(hint)
      const next = setUp(there, hint)
      await next.session.login('a', 'b')
      expect(next.paths()).toEqual(['logout', 'login'])

      const other = setUp(there, hint)
      await other.session.restore()
      await away(hint)
      await expect(other.session.refreshToken()).rejects.toMatchObject({ code: 'session_ended' })
      expect(other.paths()).toEqual(['refresh', 'logout'])
      expect(other.session.getState().status).toBe('signed-out')
    })
    it('also when the server asks to wait: the session is there as before', async () => {
      const hint = createHint()
      const { session } = setUp(
        (path) => (path === 'login' ? answer('ann', 'one') : problem('rate_limited', 429)),
        hint,
      )
      await session.login('a', 'b')
      await session.logout()
      expect(hint.owesSignOut()).toBe(true)
    })
    it('but not when the server refuses it: asking again would not help', async () => {
      const hint = createHint()
      const { session } = setUp(
        (path) => (path === 'login' ? answer('ann', 'one') : problem('origin_forbidden', 400)),
        hint,
      )
      await session.login('a', 'b')
      await session.logout()
      expect(hint.owesSignOut()).toBe(false)
    })
  })
  it('[SEC33] a refused renewal ends nothing that a newer sign-in has begun, here or in another tab', async () => {
    let refuse: () => void = () => undefined
    let count = 0
    const hint = createHint()
    const { session, paths } = setUp((path) => {
      if (path === 'login') return answer('ann', 'new')
      if (count++ > 0) return answer('ann', 'newer')
      return new Promise((resolve) => (refuse = () => resolve(problem('session_ended', 401))))
    }, hint)
    const late = session.refreshToken()
    await vi.waitFor(() => expect(count).toBe(1))
    // Another tab signs in: its cookie is newer than the one that is being refused.
    hint.remember()
    refuse()
    expect(await late).toBe('newer')
    expect(session.getState().status).toBe('signed-in')
    expect(hint.mayExist()).toBe(true)
    expect(paths()).toEqual(['refresh', 'refresh'])
  })
  it('[SEC33] a refused renewal leaves the sign-in that replaced its session in this window', async () => {
    let refuse: () => void = () => undefined
    const fetch = vi.fn((url: string) =>
      url.endsWith('login')
        ? Promise.resolve(answer('ann', 'new'))
        : new Promise<Response>((resolve) => (refuse = () => resolve(problem('session_ended', 401)))),
    )
    // A browser without locks: the sign-in does not wait for the renewal.
    const session = createSession({
      fetch: fetch as unknown as typeof globalThis.fetch,
      now: () => 0,
      exclusively: (run) => run(),
      hint: createHint(),
    })
    const late = session.refreshToken().catch((error: unknown) => error)
    await session.login('a', 'b')
    const state = session.getState()
    fetch.mockImplementation(() => Promise.resolve(problem('session_ended', 401)))
    refuse()
    await late
    expect(session.getState()).toBe(state)
    expect(await session.getToken()).toBe('new')
  })
  describe('asks for a token of its own accord only where a session may exist', () => {
    const nobody = () => createHint(createStorage(new Map()))

    it('not in a browser where nobody has signed in', async () => {
      const { session, fetch } = setUp(() => problem('unauthenticated', 401), nobody())
      expect(await session.restore()).toEqual({ status: 'signed-out', notice: null })
      expect(fetch).not.toHaveBeenCalled()
    })
    it('in every tab after a sign-in in one of them, and in none after its sign-out', async () => {
      const hint = nobody()
      const first = setUp(
        (path) => (path === 'logout' ? new Response(null, { status: 204 }) : answer('ann', 'x')),
        hint,
      )
      await first.session.login('a', 'b')
      const second = setUp(() => answer('ann', 'y'), hint)
      expect((await second.session.restore()).status).toBe('signed-in')
      await first.session.logout()
      const third = setUp(() => problem('unauthenticated', 401), hint)
      expect((await third.session.restore()).status).toBe('signed-out')
      expect(third.fetch).not.toHaveBeenCalled()
    })
    it('not in a tab that is loaded while another one’s sign-out is under way', async () => {
      const hint = createHint()
      const exclusively = createExclusive(undefined)
      let finish: () => void = () => undefined
      const first = setUp(
        (path) =>
          path === 'logout'
            ? new Promise((resolve) => (finish = () => resolve(new Response(null, { status: 204 }))))
            : answer('ann', 'x'),
        hint,
        exclusively,
      )
      await first.session.login('a', 'b')
      const third = setUp(() => problem('unauthenticated', 401), hint, exclusively)
      const signedOut = first.session.logout()
      const loaded = third.session.restore()
      await vi.waitFor(() => expect(first.paths()).toContain('logout'))
      finish()
      await signedOut
      expect(await loaded).toEqual({ status: 'signed-out', notice: null })
      expect(third.paths()).toEqual([])
    })
    it('nor in a tab that was signed in, once another one has signed out', async () => {
      const hint = createHint()
      const there = (path: string) => (path === 'logout' ? new Response(null, { status: 204 }) : answer('ann', 'x'))
      const [first, second] = [setUp(there, hint), setUp(there, hint)]
      for (const { session } of [first, second]) await session.restore()
      await first.session.logout()
      await expect(second.session.refreshToken()).rejects.toMatchObject({ code: 'session_ended' })
      expect(second.session.getState()).toMatchObject({
        status: 'signed-out',
        notice: expect.stringContaining('ended'),
      })
      expect(second.paths()).toEqual(['refresh'])
    })
    it('not again after the server has said that it is over, but again after it was only away', async () => {
      const hint = createHint()
      await expect(setUp(() => problem('unavailable', 503), hint).session.restore()).rejects.toThrow()
      expect(hint.mayExist()).toBe(true)
      await setUp(() => problem('session_ended', 401), hint).session.restore()
      expect(hint.mayExist()).toBe(false)
    })
    it('still where another account’s sign-in has ended this window’s session', async () => {
      const hint = nobody()
      const { session } = setUp((path) => answer(path === 'login' ? 'ann' : 'bob', 'x'), hint)
      await session.login('a', 'b')
      await expect(session.refreshToken()).rejects.toMatchObject({ code: 'session_ended' })
      expect(hint.mayExist()).toBe(true)
    })
    it('never forgets it for a wrong password: another tab may be signed in', async () => {
      const hint = createHint()
      await expect(setUp(() => problem('bad_credentials', 401), hint).session.login('a', 'b')).rejects.toThrow()
      expect(hint.mayExist()).toBe(true)
    })
    it('always where the browser allows no storage', async () => {
      const hint = createSessionHint(() => {
        throw new DOMException('denied', 'SecurityError')
      })
      const { session } = setUp(() => answer('ann', 'x'), hint)
      expect((await session.restore()).status).toBe('signed-in')
      await session.logout()
      expect(hint.mayExist()).toBe(true)
    })
  })
})
