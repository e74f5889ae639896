import { QueryObserver, onlineManager } from '@tanstack/react-query'
import { describe, expect, it, vi } from 'vitest'
import { createTestRealtime } from '../testing/index.ts'
import { live } from './live.ts'
import { createTestViews, pass, readOrThrow, type Seen } from './test-views.ts'

const { world, mount, subscribe, change } = createTestViews()

describe('a fetch', () => {
  it('[INV2] a first load that failed is made up for when something is heard of', async () => {
    await subscribe()
    world.api.failures = [500, 500, 500, 500]
    const observer = new QueryObserver(world.client, { queryKey: ['appointments'], queryFn: readOrThrow })
    world.undo.push(observer.subscribe(() => {}))
    await pass(300)
    expect(observer.getCurrentResult()).toMatchObject({ data: undefined, errorUpdateCount: 1 })
    world.api.failures = []
    change()
    await pass(1000)
    expect(observer.getCurrentResult().data).toEqual({ seen: 1 })
  })

  it('[INV2] a view that comes back is made as new as it must be, also where it asks for no refetch when it mounts', async () => {
    await subscribe()
    mount().unmount()
    await pass(200)
    const view = mount()
    await pass(200)
    view.unmount()
    change()
    await pass(10)
    const quiet = mount(['appointments'], { refetchOnMount: false })
    await pass(1000)
    expect(quiet.seen()).toBe(1)
  })

  it('[INV4] no answer for 30 s is a failure, and is tried again', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    world.api.latencyMs = 10_000_000
    change()
    await pass(1000)
    world.api.latencyMs = 100
    await pass(28_000)
    expect(view.seen()).toBe(0)
    await pass(5000)
    expect(view.seen()).toBe(1)
  })

  it('[INV4] the browser is offline: what was heard before is fetched when it is back, and live then [INV22]', async () => {
    world.client.mount()
    world.undo.push(() => world.client.unmount())
    await subscribe()
    const view = mount()
    await pass(200)
    onlineManager.setOnline(false)
    world.undo.push(() => onlineManager.setOnline(true))
    change()
    await pass(5000)
    expect(view.seen()).toBe(0)
    // [SUB12] The socket lives, but what is shown is old.
    expect(world.realtime.getConnection().status).toBe('delayed')
    onlineManager.setOnline(true)
    expect(world.realtime.getConnection()).toMatchObject({ status: 'delayed', why: 'stale' })
    await pass(1000)
    expect(view.seen()).toBe(1)
    expect(world.realtime.getConnection().status).toBe('live')
  })

  it('[INV4] an error’s body is no answer: it is asked for again', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    world.api.failures = [503]
    change()
    await pass(120)
    expect(view.shown).toEqual([0])
    await pass(2000)
    expect(view.shown).toEqual([0, 1])
  })

  it('[INV4] an answer whose body stalls after its headers has failed after 30 s', async () => {
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

  it('[INV4] a 401 is no answer, and is asked again', async () => {
    await subscribe()
    const view = mount()
    await pass(300)
    world.api.failures = [401]
    change()
    await pass(120_000)
    expect(view.observer.getCurrentResult()).toMatchObject({ data: { seen: 1 } })
  })

  it('[INV5] refetches for a large audience are spread over what the event says, and all arrive', async () => {
    await subscribe()
    const views = Array.from({ length: 20 }, (_, i) => mount(['appointments', i]))
    await pass(500)
    const before = world.api.count()
    const begun = Date.now()
    world.api.position = { ...world.api.position, seq: 1 }
    world.realtime.emit('appointment:updated', { data: {} as never, spreadMs: 4000 })
    await pass(5000)
    const moments = world.api.requests.slice(before).map(({ startedAt }) => startedAt - begun)
    expect(views.map((view) => view.seen())).toEqual(views.map(() => 1))
    expect(moments).toHaveLength(20)
    expect(Math.max(...moments)).toBeLessThanOrEqual(4000)
    expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(1500)
  })

  it('[INV5] a wall clock that is set back holds no refetch back', async () => {
    await subscribe()
    const view = mount()
    await pass(1000)
    vi.setSystemTime(Date.now() - 3_600_000)
    change()
    await pass(60_000)
    expect(view.seen()).toBe(1)
  })

  it('[INV5] an event is spread as it says, though one of something else comes at once', async () => {
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

  it('[INV11] a fetch that somebody else cancelled is made up for a moment later', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    change()
    await pass(50)
    await world.client.cancelQueries({ queryKey: ['appointments'] })
    await pass(500)
    expect(view.seen()).toBe(0)
    await pass(1500)
    expect(view.seen()).toBe(1)
  })

  it('[INV11] what failed is tried again as soon as the connection is back, however long it was to wait', async () => {
    world.undo.push(() => random.mockRestore())
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.9)
    await subscribe()
    const view = mount()
    view.observer.setOptions({ queryKey: ['appointments'], queryFn: readOrThrow })
    await pass(200)
    world.api.failures = Array.from({ length: 1000 }, () => 503)
    change()
    world.realtime.disconnect()
    await pass(120_000)
    const before = world.realtime.subscriptions.length
    world.realtime.reconnect()
    while (world.realtime.subscriptions.length === before) await pass(100)
    // [INV22] The socket is back, but what is shown is still old.
    expect(world.realtime.getConnection()).toMatchObject({ status: 'delayed', why: 'failing' })
    world.api.failures = []
    await pass(1500)
    expect(view.seen()).toBe(1)
  })

  it('[INV11] a first load that somebody cancelled is begun again', async () => {
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

  it('[INV11] what failed before anything was heard is tried again when the connection is back', async () => {
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

  it('[SUB8] a token that is never answered for 30 s has failed', async () => {
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
