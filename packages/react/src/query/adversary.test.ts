import { keepPreviousData, QueryObserver } from '@tanstack/react-query'
import { describe, expect, it, vi } from 'vitest'
import { createTestRealtime } from '../testing/index.ts'
import { live } from './live.ts'
import { pass, read, createTestViews, type Seen } from './test-views.ts'

const { world, mount, subscribe, change } = createTestViews()
const TENANT = '00000000-0000-4000-8000-000000000001'
const OTHER = '00000000-0000-4000-8000-0000000000ff'
const LOCAL = 'l:00000000-0000-4000-8000-000000000002/scheduling'
const readOrThrow = live(async ({ fetch, queryKey }) => {
  const response = await fetch(`/${queryKey.join('/')}`)
  if (!response.ok) throw new Error(String(response.status))
  return (await response.json()) as Seen
})
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('what a reviewer broke', () => {
  it('R1 an answer whose body stalls after its headers: fetching, and so stale, for ever', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    let stall = true
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      const response = await world.api.fetch(input, init)
      if (!stall) return response
      stall = false
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"seen":'))
          init.signal?.addEventListener('abort', () => controller.error(init.signal?.reason))
        },
      })
      return new Response(body, { headers: response.headers })
    })
    change()
    await pass(300_000)
    expect(view.seen()).toBe(1)
  })

  it('R2 a first load that somebody cancels (onMutate’s cancelQueries): pending for ever, whatever is heard', async () => {
    await subscribe()
    const view = mount()
    await pass(50)
    await world.client.cancelQueries({ queryKey: ['appointments'] })
    const save = world.realtime.mutation('appointments', async ({ fetch }) => {
      world.api.onChange = () => change()
      await fetch('/appointments/1', { method: 'POST' })
    })
    await Promise.all([save(undefined), pass(5000)])
    change()
    world.realtime.resync()
    await pass(60_000)
    expect(view.observer.getCurrentResult()).toMatchObject({ status: 'success' })
  })

  it('R3 a rollback after newer data has landed: old data with a new As-Of, stale for ever', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    const save = world.realtime.mutation<void, unknown>('appointments', async () => {
      await pause(20_000)
      throw new Error('refused')
    })
    const mutation = world.client.getMutationCache().build(world.client, {
      mutationFn: save,
      onMutate: async () => {
        await world.client.cancelQueries({ queryKey: ['appointments'] })
        const previous = world.client.getQueryData(['appointments'])
        world.client.setQueryData(['appointments'], { seen: 999 })
        return { previous }
      },
      onError: (_error: unknown, _variables: unknown, context: any) =>
        void world.client.setQueryData(['appointments'], context.previous),
    } as never)
    mutation.execute(undefined as never).catch(() => {})
    await pass(1000)
    change() // somebody else's
    await pass(15_000)
    expect(view.seen()).toBe(1) // the hold has given up
    await pass(60_000) // the mutation failed at 20 s, and is rolled back
    expect(view.seen()).toBe(1)
  })

  it('R4 changes one after the other, faster than an answer: others’ events are never seen', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    world.api.latencyMs = 400
    const save = world.realtime.mutation('appointments', () => pause(50))
    const before = world.api.count()
    change()
    for (let i = 0; i < 400; i++) {
      void save(undefined)
      await pass(300)
    }
    // Two minutes later.
    expect({ seen: view.seen(), requests: world.api.count() - before }).toMatchObject({ seen: 1 })
  })

  it('R5 another tenant: a fetch of the first one that is on its way lands in the second’s cache, and is shown', async () => {
    const release = world.realtime.start()
    world.undo.push(world.realtime.retain({ topic: 'scheduling' }))
    await pass(1)
    world.api.position = { ...world.api.position, seq: 42 }
    world.api.latencyMs = 3000
    const view = mount(['board'])
    await pass(100)
    view.unmount()
    release()
    await pass(10)
    world.realtime.switchTenant(OTHER)
    world.api.position = { ...world.api.position, seq: 7 }
    world.undo.push(world.realtime.start())
    await pass(10)
    const second = mount(['board'])
    await pass(60_000)
    expect(second.shown).not.toContain(42)
  })

  it('R6 another tenant: the answer to a change of the first sets positions that the second never reaches', async () => {
    const release = world.realtime.start()
    world.undo.push(world.realtime.retain({ topic: 'scheduling' }))
    await pass(1)
    world.api.latencyMs = 3000
    world.api.onChange = () => ({ ...world.api.position, seq: 5000 })
    const save = world.realtime.mutation('appointments', ({ fetch }) => fetch('/appointments/1', { method: 'POST' }))
    void save(undefined)
    await pass(100)
    release()
    await pass(10)
    world.realtime.switchTenant(OTHER)
    world.api.latencyMs = 100
    world.undo.push(world.realtime.start())
    await pass(10)
    const view = mount()
    await pass(1000)
    const before = world.api.count()
    await pass(120_000)
    expect(view.seen()).toBe(0)
    expect(world.api.count() - before).toBeLessThanOrEqual(1)
  })

  it('R7a a removed channel: what `initialData` took from the list is back at once, and stays', async () => {
    await subscribe()
    const list = mount()
    await pass(200)
    list.unmount()
    const observer = new QueryObserver<any, any, any, any, any>(world.client, {
      queryKey: ['appointments', 1],
      queryFn: readOrThrow,
      initialData: () => world.client.getQueryData(['appointments']),
    })
    world.undo.push(observer.subscribe(() => {}))
    await pass(300)
    world.api.failures = Array.from({ length: 1000 }, () => 403)
    world.realtime.changeAccess({ removed: [`${TENANT}/${LOCAL}`] })
    await pass(10_000)
    expect(observer.getCurrentResult().data).toBeUndefined()
  })

  it('R7b a removed channel: a view that is disabled just now shows it on', async () => {
    await subscribe()
    const view = mount()
    await pass(300)
    view.observer.setOptions({ queryKey: ['appointments'], queryFn: read, enabled: false })
    world.realtime.changeAccess({ removed: [`${TENANT}/${LOCAL}`] })
    await pass(10_000)
    expect(view.seen()).toBeUndefined()
  })

  it('R7c a removed channel: the page before, kept as a placeholder until the next one lands, is shown on', async () => {
    await subscribe()
    const view = mount(['appointments', 1], { placeholderData: keepPreviousData })
    await pass(200)
    const next = { queryKey: ['appointments', 2], queryFn: read, placeholderData: keepPreviousData }
    view.observer.setOptions(next)
    await pass(50)
    expect(view.observer.getCurrentResult()).toMatchObject({ isPlaceholderData: true, data: { seen: 0 } })
    world.realtime.changeAccess({ removed: [`${TENANT}/${LOCAL}`] })
    expect(view.seen()).toBeUndefined()
    // As the hook does with every render.
    view.observer.setOptions(next)
    expect(view.seen()).toBeUndefined()
  })

  it('R7d the same, though the page before has left the cache: at once, or by somebody’s clean-up', async () => {
    await subscribe()
    for (const [name, gcTime] of [
      ['swift', 0],
      ['swept', 300_000],
    ] as const) {
      const page = (n: number) => ({
        queryKey: ['appointments', name, n],
        queryFn: read,
        placeholderData: keepPreviousData,
        gcTime,
      })
      const observer = new QueryObserver(world.client, page(1))
      world.undo.push(observer.subscribe(() => {}))
      await pass(400)
      observer.setOptions(page(2))
      await pass(50)
      world.client.removeQueries({ queryKey: page(1).queryKey })
      expect(observer.getCurrentResult()).toMatchObject({ isPlaceholderData: true, data: { seen: 0 } })
      world.realtime.changeAccess({ removed: [`${TENANT}/${LOCAL}`] })
      expect(observer.getCurrentResult().data).toBeUndefined()
      observer.setOptions(page(2))
      expect(observer.getCurrentResult().data).toBeUndefined()
    }
  })

  it('R7e a removed channel: a view of something else loses what it shows meanwhile', async () => {
    await subscribe()
    mount()
    const day = (n: number, queryFn: () => Promise<string>) => ({
      queryKey: ['weather', n],
      queryFn,
      placeholderData: keepPreviousData,
    })
    const observer = new QueryObserver(
      world.client,
      day(1, () => Promise.resolve('sun')),
    )
    world.undo.push(observer.subscribe(() => {}))
    await pass(200)
    observer.setOptions(day(2, () => new Promise(() => {})))
    world.realtime.changeAccess({ removed: [`${TENANT}/${LOCAL}`] })
    expect(observer.getCurrentResult()).toMatchObject({ data: 'sun', isPlaceholderData: true })
  })

  it('R8 the wall clock is set back by an hour: nothing is fetched for an hour', async () => {
    await subscribe()
    const view = mount()
    await pass(1000)
    vi.setSystemTime(Date.now() - 3_600_000)
    change()
    await pass(60_000)
    expect(view.seen()).toBe(1)
  })

  it('R9 `Min-As-Of` has no limit, unlike `As-Of`: 250 channels are a header that no Node server takes', async () => {
    await subscribe()
    const local = (i: number) => `l:00000000-0000-4000-8000-${String(100 + i).padStart(12, '0')}/scheduling`
    let longest = 0
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      const { length } = new Headers(init.headers).get('min-as-of') ?? ''
      longest = Math.max(longest, length)
      // `node:http`: --max-http-header-size is 16 KiB.
      if (length > 16_384) return new Response(null, { status: 431 })
      const response = await world.api.fetch(input, init)
      const { seen } = (await response.json()) as Seen
      const { epoch } = world.api.position
      const asOf = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [local(i), { epoch, seq: seen }]))
      return Response.json({ seen, asOf })
    })
    for (let i = 0; i < 250; i++)
      world.undo.push(world.realtime.retain({ topic: 'scheduling', location: local(i).slice(2, 38) }))
    await pass(10)
    const observer = new QueryObserver(world.client, { queryKey: ['appointments'], queryFn: readOrThrow })
    world.undo.push(observer.subscribe(() => {}))
    await pass(300)
    world.realtime.resync()
    world.api.position = { ...world.api.position, seq: 1 }
    await pass(300_000)
    expect({ longest, data: observer.getCurrentResult().data }).toMatchObject({ data: { seen: 1 } })
  })

  it('R10 one answer without `As-Of` beside one with: a lagging answer is taken for new enough', async () => {
    await subscribe()
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) =>
      input.pathname === '/settings' ? Response.json({}) : world.api.fetch(input, init),
    )
    const observer = new QueryObserver(world.client, {
      queryKey: ['appointments'],
      queryFn: live(async ({ fetch }) => {
        await fetch('/settings')
        return (await (await fetch('/appointments')).json()) as Seen
      }),
    })
    world.undo.push(observer.subscribe(() => {}))
    await pass(300)
    world.api.lag = 1
    change()
    await pass(1000)
    world.api.lag = 0
    await pass(60_000)
    expect(observer.getCurrentResult().data).toEqual({ seen: 1 })
  })

  it('R11 a second view of the same query mounts during a drag: the drag jumps back', async () => {
    await subscribe()
    const view = mount()
    await pass(300)
    const drag = world.realtime.mutation('appointments', async ({ fetch }) => {
      world.client.setQueryData(['appointments'], { seen: 999 })
      world.api.latencyMs = 1000
      world.api.onChange = () => world.api.position
      const answer = fetch('/appointments/1', { method: 'POST' })
      world.api.latencyMs = 100
      await answer
      change()
    })
    const dragging = drag(undefined)
    await pass(50)
    mount()
    await pass(3000)
    await dragging
    expect(view.shown).toEqual([0, 999, 1])
  })

  it('R12 two requests of one change whose answers come in the other order: the newer position is lost', async () => {
    const view = mount()
    await pass(300)
    const { epoch } = world.api.position
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      if (init.method !== 'PATCH') return world.api.fetch(input, init)
      const seq = input.pathname.endsWith('/1') ? 1 : 2
      await pause(seq === 1 ? 500 : 100)
      return Response.json({}, { headers: { published: `"${LOCAL}";epoch="${epoch}";seq=${seq}` } })
    })
    const save = world.realtime.mutation('appointments', async ({ fetch }) => {
      await Promise.all([1, 2].map((id) => fetch(`/appointments/${id}`, { method: 'PATCH' })))
      world.api.position = { epoch, seq: 2 }
      world.api.lag = 1
    })
    await Promise.all([save(undefined), pass(2000)])
    world.api.lag = 0
    await pass(30_000)
    expect(view.seen()).toBe(2)
  })

  it('R13 two uploads in one change have one Idempotency-Key', async () => {
    const keys: (string | null)[] = []
    vi.stubGlobal('fetch', async (_input: URL, init: RequestInit) => {
      keys.push(new Headers(init.headers).get('idempotency-key'))
      return Response.json({})
    })
    const form = (name: string) => {
      const data = new FormData()
      data.set('name', name)
      return data
    }
    const save = world.realtime.mutation('appointments', async ({ fetch }) => {
      await fetch('/files', { method: 'POST', body: form('a') })
      await fetch('/files', { method: 'POST', body: form('b') })
    })
    await save(undefined)
    expect(new Set(keys).size).toBe(2)
  })

  it('R14 what failed before anything was heard is tried again when the connection is back', async () => {
    await subscribe()
    world.api.failures = [503]
    const observer = new QueryObserver(world.client, {
      queryKey: ['appointments'],
      queryFn: live(async ({ fetch }) => {
        const response = await fetch('/appointments')
        if (!response.ok) throw new Error(String(response.status))
        return (await response.json()) as Seen
      }),
    })
    world.undo.push(observer.subscribe(() => {}))
    await pass(300)
    world.realtime.disconnect()
    await pass(5000)
    world.realtime.reconnect()
    await pass(60_000)
    expect(world.realtime.getConnection().status).toBe('live')
    expect(observer.getCurrentResult().data).toEqual({ seen: 0 })
  })

  it('R15 an event that is spread over 4 s, and another one of something else: no spread', async () => {
    await subscribe()
    Array.from({ length: 20 }, (_, i) => mount(['appointments', i]))
    await pass(500)
    const before = world.api.count()
    const begun = Date.now()
    world.api.position = { ...world.api.position, seq: 1 }
    world.realtime.emit('appointment:updated', { data: {} as never, spreadMs: 4000 })
    await pass(1)
    world.realtime.emit('waitlist:added', { data: {} as never })
    await pass(5000)
    const moments = world.api.requests.slice(before).map(({ startedAt }) => startedAt - begun)
    expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(1500)
  })

  it('R16 a drag that is refused, and nobody rolls back: what was never saved is shown for ever', async () => {
    await subscribe()
    const view = mount()
    await pass(300)
    const drag = world.realtime.mutation('appointments', async ({ fetch }) => {
      world.client.setQueryData(['appointments'], { seen: 999 })
      world.api.failures = [409]
      const response = await fetch('/appointments/1', { method: 'POST' })
      if (!response.ok) throw new Error('refused')
    })
    drag(undefined).catch(() => {})
    await pass(120_000)
    expect(view.seen()).toBe(0)
  })

  it('R17 a 404 of a lagging replica that says so itself is taken for new enough', async () => {
    await subscribe()
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      const response = await world.api.fetch(input, init)
      const { seen } = (await response.clone().json()) as Seen
      return seen > 0 ? response : Response.json({ code: 'not_found' }, { status: 404, headers: response.headers })
    })
    const observer = new QueryObserver(world.client, {
      queryKey: ['appointments', 1],
      queryFn: live(async ({ fetch }) => {
        const response = await fetch('/appointments/1')
        return response.status === 404 ? null : ((await response.json()) as Seen)
      }),
    })
    world.undo.push(observer.subscribe(() => {}))
    await pass(300)
    world.api.lag = 1
    change()
    await pass(1000)
    world.api.lag = 0
    await pass(60_000)
    expect(observer.getCurrentResult().data).toEqual({ seen: 1 })
  })

  it('R18 a rollback after a refetch that TanStack Query itself made during the change: stale for ever', async () => {
    await subscribe()
    const view = mount()
    await pass(300)
    const save = world.realtime.mutation<void, unknown>('appointments', async () => {
      await pause(2000)
      throw new Error('refused')
    })
    const previous = world.client.getQueryData(['appointments'])
    const saving = save(undefined).catch(() => world.client.setQueryData(['appointments'], previous))
    await pass(300)
    change()
    mount() // or the window is focused
    await pass(5000)
    await saving
    await pass(60_000)
    expect(view.seen()).toBe(1)
  })

  it('R19 a topic that nobody wanted any more when the connection was let go is asked for ever after', async () => {
    const release = world.realtime.start()
    const drop = world.realtime.retain({ topic: 'patients' })
    world.undo.push(world.realtime.retain({ topic: 'scheduling' }))
    await pass(1)
    drop()
    release()
    await pass(60_000)
    world.undo.push(world.realtime.start())
    await pass(60_000)
    expect(JSON.stringify(world.realtime.subscriptions.at(-1))).not.toContain('patients')
  })

  it('R20 a drag of the first tenant’s holds the second’s views back', async () => {
    const release = world.realtime.start()
    world.undo.push(world.realtime.retain({ topic: 'scheduling' }))
    await pass(1)
    void world.realtime.mutation('appointments', () => new Promise(() => {}))(undefined)
    await pass(100)
    release()
    await pass(10)
    world.realtime.switchTenant(OTHER)
    world.undo.push(world.realtime.start())
    await pass(10)
    const view = mount()
    await pass(200)
    change()
    await pass(3000)
    expect(view.seen()).toBe(1)
  })

  it('R21 the query of docs/integration.md: one 401 is shown as data, as the newest, for ever', async () => {
    await subscribe()
    const view = mount()
    await pass(300)
    world.api.failures = [401]
    change()
    await pass(120_000)
    expect(view.observer.getCurrentResult()).toMatchObject({ data: { seen: 1 } })
  })

  it('R22 a token that is never answered: neither the connection nor a query comes back', async () => {
    let isStuck = true
    const getToken = () => (isStuck ? new Promise<string>(() => {}) : Promise.resolve('test'))
    const realtime = createTestRealtime({ queryClient: world.client, getToken })
    world.undo.push(realtime.start(), realtime.retain({ topic: 'scheduling' }), () => realtime.dispose())
    const view = mount()
    await pass(20_000)
    isStuck = false
    await pass(60_000)
    expect(realtime.getConnection().status).toBe('live')
    expect(view.seen()).toBe(0)
  })
})
