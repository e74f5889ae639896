import { ERRORS, type ErrorCode } from '@derm/contract'
import { QueryObserver } from '@tanstack/react-query'
import { describe, expect, it, vi } from 'vitest'
import { readApiError } from '../api-error.ts'
import { live } from './live.ts'
import { CHANNEL_KEY, TENANT, createTestViews, pass, readOrThrow, type Seen } from './test-views.ts'

const { world, mount, change } = createTestViews()

const LOCATION = CHANNEL_KEY.slice(2, 38)
const start = () => void world.undo.push(world.realtime.start())
const subscribed = () => [...world.realtime.cursors().keys()].map((channel) => channel.slice(TENANT.length + 1)).sort()
const status = () => world.realtime.getConnection()
const freshness = (key = ['appointments']) => world.realtime.getFreshness(key)

const readOrRefuse = live(async ({ fetch, queryKey }) => {
  const response = await fetch(`/${queryKey.join('/')}`)
  if (!response.ok) throw await readApiError(response)
  return (await response.json()) as Seen
})

describe('a shown query', () => {
  it('[INV20] follows others’ changes without any hook', async () => {
    start()
    const view = mount()
    await pass(300)
    expect(status().status).toBe('live')
    change()
    await pass(500)
    expect(view.seen()).toBe(1)
  })

  it('[INV20] asks for the topics of its resources before the first answer, and then for the channels of its `As-Of`', async () => {
    world.api.latencyMs = 5000
    start()
    mount()
    await pass(100)
    expect(world.realtime.subscriptions.at(-1)).toEqual({ channels: [{ topic: 'scheduling' }, { topic: 'patients' }] })
    await pass(40_000)
    // Its only location is all that the user may see: asked for as a whole, so that one that is added is told of.
    expect(subscribed()).toEqual([CHANNEL_KEY])
  })

  it('[INV20] asks for one location where the user may see others', async () => {
    start()
    const other = `${TENANT}/l:00000000-0000-4000-8000-0000000000dd/scheduling`
    world.realtime.changeAccess({ added: [other] })
    mount()
    await pass(300)
    expect(world.realtime.subscriptions.at(-1)).toMatchObject({
      channels: expect.arrayContaining([
        expect.objectContaining({ topic: 'scheduling', location: LOCATION }),
      ]) as unknown,
    })
    await pass(40_000)
    expect(subscribed()).toEqual([CHANNEL_KEY])
  })

  it('[INV20] is let go some time after nobody shows it any more', async () => {
    start()
    const view = mount()
    await pass(300)
    view.unmount()
    await pass(20_000)
    expect(subscribed()).toContain(CHANNEL_KEY)
    await pass(11_000)
    expect(subscribed()).toEqual([])
  })

  it('[INV20] one below none of the app’s resources follows the channels of its `As-Of`', async () => {
    start()
    const view = mount(['of an app'])
    await pass(300)
    expect(subscribed()).toEqual([CHANNEL_KEY])
    change()
    await pass(500)
    expect(view.seen()).toBe(1)
  })

  it('[INV20] stays subscribed while its hook is filtered elsewhere', async () => {
    start()
    world.undo.push(world.realtime.retain({ topic: 'scheduling', location: '00000000-0000-4000-8000-0000000000dd' }))
    const view = mount()
    await pass(40_000)
    change()
    await pass(500)
    expect(view.seen()).toBe(1)
  })
})

describe('[INV21] how new a query is', () => {
  it('is told with since when it is not, and why', async () => {
    start()
    expect(freshness()).toBeUndefined()
    mount()
    await pass(10)
    expect(freshness()).toMatchObject({ current: false, why: 'loading' })
    await pass(300)
    expect(freshness()).toEqual({ current: true })
    const at = Date.now()
    change()
    expect(freshness()).toEqual({ current: false, since: at, why: 'stale' })
    await pass(500)
    expect(freshness()).toEqual({ current: true })
    world.realtime.setLagging(true)
    expect(freshness()).toMatchObject({ why: 'delayed' })
    world.realtime.setLagging(false)
    expect(freshness()).toEqual({ current: true })
    world.realtime.disconnect()
    expect(freshness()).toMatchObject({ why: 'disconnected' })
  })

  it('is not old where others change it all the time, as long as it is read again', async () => {
    start()
    mount()
    await pass(500)
    for (let n = 0; n < 100; n++) {
      change()
      await pass(70)
      expect(status().status).toBe('live')
    }
  })

  it('is not current while reading it again fails, though nothing newer is known', async () => {
    start()
    const view = mount()
    view.observer.setOptions({ queryKey: ['appointments'], queryFn: readOrThrow })
    await pass(300)
    world.api.failures = Array.from({ length: 1000 }, () => 503)
    void view.observer.refetch()
    await pass(300)
    expect(freshness()).toMatchObject({ current: false, why: 'failing' })
    await pass(3500)
    expect(status()).toMatchObject({ status: 'delayed', why: 'failing' })
    world.api.failures = []
    await pass(16_000)
    expect(freshness()).toEqual({ current: true })
    expect(status().status).toBe('live')
  })

  it('is held back by a mutation of its own resources', async () => {
    start()
    mount()
    await pass(300)
    let finish = () => {}
    const save = world.realtime.mutation('appointments', () => new Promise<void>((resolve) => (finish = resolve)))
    const saved = save(undefined)
    change()
    expect(freshness()).toMatchObject({ current: false, why: 'saving' })
    // [INV22] A view that waits so for seconds is not live.
    await pass(3500)
    expect(status()).toMatchObject({ status: 'delayed', why: 'saving' })
    finish()
    await saved
    await pass(500)
    expect(status().status).toBe('live')
  })

  it('is not said of what has no channel: a limit or a denial leaves it out', async () => {
    start()
    mount()
    await pass(300)
    world.realtime.limit(0)
    world.realtime.disconnect()
    world.realtime.reconnect()
    await pass(20_000)
    expect(freshness()).toMatchObject({ current: false, why: 'unfollowed' })
    expect(status()).toMatchObject({ status: 'delayed', why: 'unfollowed', checkingMs: 5000 })
  })
})

describe('[INV22] live counts what is shown', () => {
  const html = (status: number) => async () =>
    new Response('<html>Sign in</html>', { status, headers: { 'content-type': 'text/html' } })

  it.each([403, 502, 503, 200])('not with every read answered by somebody’s page with %i', async (code) => {
    start()
    const view = mount()
    await pass(300)
    expect(status().status).toBe('live')
    vi.stubGlobal('fetch', html(code))
    change()
    const at = Date.now()
    await pass(4000)
    expect(status()).toMatchObject({ status: 'delayed', since: at })
    await pass(60_000)
    expect(status().status).toBe('delayed')
    expect(view.seen()).toBe(0)
    vi.stubGlobal('fetch', world.api.fetch)
    await pass(20_000)
    expect(status().status).toBe('live')
    expect(view.seen()).toBe(1)
  })

  it.each([403, 502, 503, 200])(
    'nor with a first read that somebody’s page answers with %i; it is right by itself',
    async (code) => {
      start()
      vi.stubGlobal('fetch', html(code))
      const view = mount()
      await pass(5000)
      expect(status()).toMatchObject({ status: 'delayed', why: 'failing' })
      await pass(60_000)
      vi.stubGlobal('fetch', world.api.fetch)
      await pass(20_000)
      expect(view.seen()).toBe(0)
      expect(status().status).toBe('live')
    },
  )

  it.each(Object.keys(ERRORS) as ErrorCode[])(
    '[SUB20] nor with stale data whose reads are refused with %s',
    async (code) => {
      start()
      const view = mount()
      view.observer.setOptions({ queryKey: ['appointments'], queryFn: readOrRefuse })
      await pass(300)
      vi.stubGlobal('fetch', async () => Response.json({ code }, { status: ERRORS[code].status }))
      change()
      await pass(4000)
      expect(view.seen()).toBe(0)
      expect(status()).toMatchObject({ status: 'delayed', why: 'failing' })
      vi.stubGlobal('fetch', world.api.fetch)
      change()
      await pass(40_000)
      expect(view.seen()).toBe(2)
      expect(status().status).toBe('live')
    },
  )

  it('[INV23] nor with data that a function made up without an answer', async () => {
    start()
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('failed')))
    const observer = new QueryObserver(world.client, {
      queryKey: ['appointments'],
      queryFn: live(({ fetch }) =>
        fetch('/appointments').then(
          (response) => response.json(),
          () => ({ seen: -1 }),
        ),
      ),
    })
    world.undo.push(observer.subscribe(() => {}))
    await pass(5000)
    expect(observer.getCurrentResult().data).toBeUndefined()
    expect(status().status).toBe('delayed')
  })

  it('[INV23] nor with somebody’s page that a function took for text', async () => {
    start()
    vi.stubGlobal('fetch', html(200))
    const observer = new QueryObserver(world.client, {
      queryKey: ['appointments'],
      queryFn: live(({ fetch }) => fetch('/appointments').then((response) => response.text())),
    })
    world.undo.push(observer.subscribe(() => {}))
    await pass(5000)
    expect(observer.getCurrentResult().data).toBeUndefined()
    expect(status().status).toBe('delayed')
  })

  it('[INV23] an answer that one falls back to is one', async () => {
    start()
    vi.stubGlobal('fetch', (input: URL, init: RequestInit) =>
      input.pathname === '/first' ? html(503)() : world.api.fetch(input, init),
    )
    const observer = new QueryObserver<Seen>(world.client, {
      queryKey: ['appointments'],
      queryFn: live(async ({ fetch }) => {
        const first = await fetch('/first')
        return (await (first.ok ? first : await fetch('/appointments')).json()) as Seen
      }),
    })
    world.undo.push(observer.subscribe(() => {}))
    await pass(500)
    expect(observer.getCurrentResult().data).toEqual({ seen: 0 })
  })

  it('[INV24] what was refused for good is not asked for again, until something has changed', async () => {
    start()
    mount(['appointments'])
    await pass(300)
    let asked = 0
    vi.stubGlobal('fetch', async (input: URL) => {
      if (input.pathname.startsWith('/appointments')) asked++
      return Response.json({ code: 'validation_failed' }, { status: 400 })
    })
    const view = new QueryObserver(world.client, { queryKey: ['appointments', 'wrong'], queryFn: readOrRefuse })
    world.undo.push(view.subscribe(() => {}))
    await pass(120_000)
    expect(asked).toBe(1)
    change()
    await pass(120_000)
    // Once for each of the two.
    expect(asked).toBe(3)
  })

  it('[INV24] nor what is stale, and whose next read was refused for good', async () => {
    start()
    const view = mount()
    view.observer.setOptions({ queryKey: ['appointments'], queryFn: readOrRefuse })
    await pass(300)
    let asked = 0
    vi.stubGlobal('fetch', async (input: URL) => {
      if (input.pathname === '/appointments') asked++
      return Response.json({ code: 'validation_failed' }, { status: 400 })
    })
    change()
    await pass(120_000)
    expect(asked).toBe(1)
    expect(status()).toMatchObject({ status: 'delayed', why: 'failing' })
    change()
    await pass(120_000)
    expect(asked).toBe(2)
    vi.stubGlobal('fetch', world.api.fetch)
    change()
    await pass(1000)
    expect(view.seen()).toBe(3)
    expect(status().status).toBe('live')
  })

  it('[INV22] a window that shows nothing is as live as its socket', async () => {
    start()
    await pass(10)
    expect(status().status).toBe('live')
  })
})

describe('[INV25] the second way', () => {
  it('the socket is blocked: others’ changes arrive by checks, and the status says so', async () => {
    world.realtime.disconnect()
    start()
    const view = mount()
    await pass(4000)
    expect(status()).toMatchObject({ status: 'delayed', checkingMs: 5000 })
    const checks = world.api.checks
    const count = world.api.count()
    await pass(20_000)
    expect(world.api.checks - checks).toBeGreaterThanOrEqual(3)
    expect(world.api.checks - checks).toBeLessThanOrEqual(6)
    // What is current is not read again.
    expect(world.api.count()).toBe(count)
    change()
    await pass(7500)
    expect(view.seen()).toBe(1)
    expect(world.api.count()).toBe(count + 1)
    world.realtime.reconnect()
    await pass(20_000)
    expect(status()).toMatchObject({ status: 'live' })
    expect(status().checkingMs).toBeUndefined()
    const after = world.api.checks
    await pass(60_000)
    expect(world.api.checks).toBe(after)
  })

  it('the node lags: the same', async () => {
    start()
    const view = mount()
    await pass(300)
    world.realtime.setLagging(true)
    world.api.position = { ...world.api.position, seq: 7 }
    await pass(7500)
    expect(view.seen()).toBe(7)
    expect(status()).toMatchObject({ status: 'delayed', checkingMs: 5000 })
    world.realtime.setLagging(false)
    await pass(1000)
    expect(status().status).toBe('live')
  })

  it('says offline, and since when, while the API does not answer either', async () => {
    start()
    mount()
    await pass(300)
    world.realtime.disconnect()
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('failed')))
    await pass(10_000)
    expect(status().status).toBe('offline')
    expect(status().checkingMs).toBeUndefined()
    vi.stubGlobal('fetch', world.api.fetch)
    await pass(40_000)
    expect(status()).toMatchObject({ status: 'delayed', checkingMs: 5000 })
  })

  it('a channel that the API does not show any more takes what it fed with it', async () => {
    start()
    const view = mount()
    await pass(300)
    world.realtime.disconnect()
    vi.stubGlobal('fetch', async (input: URL) =>
      input.pathname === '/api/v1/positions'
        ? Response.json({ channels: [] })
        : Response.json({ code: 'forbidden' }, { status: 403 }),
    )
    await pass(5000)
    expect(view.seen()).toBeUndefined()
  })

  it('an answer with the tag that one has is asked for without its body', async () => {
    world.realtime.disconnect()
    start()
    mount()
    const tags: (string | null)[] = []
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      if (input.pathname !== '/api/v1/positions') return world.api.fetch(input, init)
      tags.push(new Headers(init.headers).get('if-none-match'))
      if (tags.length > 1) return new Response(null, { status: 304 })
      const { channels } = (await (await world.api.fetch(input, init)).json()) as { channels: object[] }
      return Response.json({ channels }, { headers: { etag: '"one"' } })
    })
    await pass(15_000)
    expect(tags.slice(0, 2)).toEqual([null, '"one"'])
    expect(status()).toMatchObject({ status: 'delayed', checkingMs: 5000 })
  })
})

describe('[INV26] a 304', () => {
  const conditional = live(async ({ fetch, client, queryKey }) => {
    const response = await fetch('/appointments', { headers: { 'if-none-match': '"tag"' } })
    return response.status === 304 ? client.getQueryData<Seen>(queryKey)! : ((await response.json()) as Seen)
  })
  const notModified = (seq: number) => async () =>
    new Response(null, {
      status: 304,
      headers: { 'as-of': `"${CHANNEL_KEY}";epoch="${world.api.position.epoch}";seq=${seq}` },
    })
  async function showConditionally() {
    start()
    const observer = new QueryObserver<Seen>(world.client, { queryKey: ['appointments'], queryFn: conditional })
    world.undo.push(observer.subscribe(() => {}))
    await pass(300)
    return observer
  }

  it('is noted as a 200: events of another location cost no request', async () => {
    start()
    world.realtime.changeAccess({ added: [`${TENANT}/l:00000000-0000-4000-8000-0000000000dd/scheduling`] })
    await showConditionally()
    let asked = 0
    vi.stubGlobal('fetch', () => {
      asked++
      return notModified(1)()
    })
    change()
    await pass(1000)
    expect(asked).toBe(1)
    expect(freshness()).toEqual({ current: true })
    world.undo.push(world.realtime.retain({ topic: 'scheduling', location: '00000000-0000-4000-8000-0000000000dd' }))
    await pass(10)
    expect(subscribed()).toHaveLength(3)
    for (let i = 0; i < 10; i++) {
      world.realtime.emit('appointment:updated', {
        data: {} as never,
        locationId: '00000000-0000-4000-8000-0000000000dd',
      })
      await pass(500)
    }
    expect(asked).toBe(1)
  })

  it('with too old an `As-Of` is not believed', async () => {
    const observer = await showConditionally()
    vi.stubGlobal('fetch', notModified(0))
    change()
    await pass(5000)
    expect(status()).toMatchObject({ status: 'delayed', why: 'stale' })
    vi.stubGlobal('fetch', world.api.fetch)
    await pass(6000)
    expect(observer.getCurrentResult().data).toEqual({ seen: 1 })
  })

  it('without an `As-Of` is somebody’s else: stale with the next news', async () => {
    const observer = await showConditionally()
    vi.stubGlobal('fetch', async () => new Response(null, { status: 304 }))
    change()
    await pass(1000)
    vi.stubGlobal('fetch', world.api.fetch)
    change()
    await pass(6000)
    expect(observer.getCurrentResult().data).toEqual({ seen: 2 })
  })
})
