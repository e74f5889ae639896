import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { describe, expect, it, vi } from 'vitest'
import { createTestRealtime } from '../testing/index.ts'
import { live } from './live.ts'
import { pass, read, createTestViews, type Seen } from './test-views.ts'

const { world, mount, subscribe, change } = createTestViews()

describe('a view is as new as what its client knows to exist', () => {
  it('[INV4] an event during the first load: right after one more fetch', async () => {
    await subscribe()
    const view = mount()
    await pass(50)
    change()
    await pass(60)
    expect(view.seen()).toBe(0)
    await pass(1000)
    expect(view.seen()).toBe(1)
    expect(world.api.count()).toBe(2)
  })

  it('[INV3] an event between the first load and the first subscription: the same', async () => {
    const view = mount()
    await pass(200)
    change()
    await pass(1000)
    expect(view.seen()).toBe(0)
    await subscribe()
    await pass(1000)
    expect(view.seen()).toBe(1)
    expect(world.api.count()).toBe(2)
  })

  it('[INV5] five events a second against an API of 300 ms: never more than a second behind', async () => {
    await subscribe()
    world.api.latencyMs = 300
    const view = mount()
    await pass(500)
    const committedAt = new Map([[0, Date.now()]])
    let worst = 0
    for (let i = 0; i < 100; i++) {
      committedAt.set(change().seq, Date.now())
      for (let t = 0; t < 200; t += 20) {
        await pass(20)
        const oldestUnseen = committedAt.get((view.seen() ?? 0) + 1)
        if (oldestUnseen !== undefined) worst = Math.max(worst, Date.now() - oldestUnseen)
      }
    }
    expect(worst).toBeGreaterThan(0)
    expect(worst).toBeLessThanOrEqual(1000)
    await pass(1500)
    expect(view.seen()).toBe(100)
  })

  it('[INV5] 50 events and 20 mounted queries: at most 40 requests, and right at the end', async () => {
    await subscribe()
    const views = Array.from({ length: 20 }, (_, i) => mount(['appointments', i]))
    await pass(500)
    const before = world.api.count()
    for (let i = 0; i < 50; i++) {
      change()
      await pass(3)
    }
    await pass(5000)
    expect(views.map((view) => view.seen())).toEqual(views.map(() => 50))
    expect(world.api.count() - before).toBeLessThanOrEqual(40)
  })

  it('[INV7] one’s own change and its echo: one refetch', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    const save = world.realtime.mutation('appointments', async ({ fetch, idempotencyKey }) => {
      world.api.onChange = () => change(idempotencyKey)
      return (await fetch('/appointments/1', { method: 'PATCH' })).json()
    })
    await Promise.all([save(undefined), pass(300)])
    expect(world.api.count()).toBe(2)
    await pass(3000)
    expect(world.api.count()).toBe(2)
    expect(view.seen()).toBe(1)
  })

  it('[INV7] the echo of a change whose effect a refetch already has: nothing', async () => {
    const view = mount()
    await pass(200)
    world.api.position = { ...world.api.position, seq: 1 }
    void view.observer.refetch()
    await pass(200)
    await subscribe()
    const { epoch } = world.api.position
    expect(world.realtime.emit('appointment:updated', { data: {} as never })).toMatchObject({ epoch, seq: 1 })
    await pass(3000)
    expect(view.seen()).toBe(1)
    expect(world.api.count()).toBe(2)
  })

  it('[INV6] somebody else’s event during an optimistic drag: no jump back, and right at the end', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    const drag = world.realtime.mutation('appointments', async ({ fetch }) => {
      world.api.onChange = () => change()
      world.api.latencyMs = 600
      await fetch('/appointments/1', { method: 'POST' })
    })
    world.client.setQueryData(['appointments'], { seen: 999 })
    world.api.onChange = () => world.api.position
    const dragging = drag(undefined)
    await pass(50)
    change()
    world.api.latencyMs = 100
    await pass(400)
    expect(view.seen()).toBe(999)
    await pass(2000)
    await dragging
    expect(view.seen()).toBe(world.api.position.seq)
    expect(view.shown).toEqual([undefined, 0, 999, world.api.position.seq].slice(view.shown[0] === undefined ? 0 : 1))
  })

  it('[INV6] a fetch under way when a drag begins does not undo it', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    change()
    await pass(70)
    expect(view.observer.getCurrentResult().isFetching).toBe(true)
    const drag = world.realtime.mutation('appointments', async ({ fetch }) => {
      world.client.setQueryData(['appointments'], { seen: 999 })
      world.api.onChange = () => change()
      await fetch('/appointments/1', { method: 'POST' })
    })
    const dragging = drag(undefined)
    await pass(95)
    expect(view.seen()).toBe(999)
    await pass(2000)
    await dragging
    expect(view.seen()).toBe(2)
    expect(view.shown.filter((seen) => seen === 999)).toHaveLength(1)
  })

  it('[INV4] a lagging answer: asked again, less and less often, until it is new enough', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    world.api.lag = 1
    change()
    await pass(4000)
    expect(view.seen()).toBe(0)
    const tries = world.api.count() - 1
    expect(tries).toBeGreaterThan(2)
    expect(tries).toBeLessThan(9)
    expect(world.api.requests.at(-1)!.minAsOf).toContain('seq=1')
    world.api.lag = 0
    await pass(6000)
    expect(view.seen()).toBe(1)
    const settled = world.api.count()
    await pass(10_000)
    expect(world.api.count()).toBe(settled)
  })

  it('[INV4] a refetch that fails is tried again, and not forgotten', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    world.api.failures = [503, 500, 503]
    change()
    const readOrThrow = live(async ({ fetch }) => {
      const response = await fetch('/appointments')
      if (!response.ok) throw new Error(String(response.status))
      return (await response.json()) as Seen
    })
    view.observer.setOptions({ queryKey: ['appointments'], queryFn: readOrThrow })
    await pass(8000)
    expect(view.seen()).toBe(1)
    expect(world.api.count()).toBeLessThan(8)
  })

  it('[INV2] a query that nobody shows is fetched when it is shown again', async () => {
    await subscribe()
    const first = mount(['appointments'], { staleTime: Infinity })
    await pass(200)
    first.unmount()
    change()
    await pass(2000)
    expect(world.api.count()).toBe(1)
    const again = mount(['appointments'], { staleTime: Infinity })
    await pass(1000)
    expect(again.seen()).toBe(1)
    expect(world.api.count()).toBe(2)
  })

  it('[INV2] events of what a query does not show leave it alone', async () => {
    await subscribe()
    mount(['patients'])
    await pass(200)
    change()
    await pass(2000)
    expect(world.api.count()).toBe(1)
  })

  it('[INV5] a resync refetches what is older, once', async () => {
    await subscribe()
    const views = [1, 2, 3, 4].map((i) => mount(['appointments', i]))
    await pass(500)
    world.realtime.resync()
    world.api.position = { ...world.api.position, seq: 1 }
    await pass(3000)
    expect(views.map((view) => view.seen())).toEqual([1, 1, 1, 1])
    expect(world.api.count()).toBe(8)
    const moments = world.api.requests.slice(4).map(({ startedAt }) => startedAt)
    expect(new Set(moments).size).toBeGreaterThan(1)
  })

  it('[INV9] `setQueryData` says nothing of how new data is', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    world.api.latencyMs = 400
    change()
    world.client.setQueryData(['appointments'], { seen: 77 })
    await pass(3000)
    expect(view.seen()).toBe(1)
  })

  it('[INV9] hydrated data is stale once anything of its resources is heard of', async () => {
    world.client.setQueryData(['appointments'], { seen: -1 })
    const view = mount(['appointments'], { staleTime: Infinity })
    await pass(1000)
    expect(view.seen()).toBe(-1)
    await subscribe()
    change()
    await pass(1000)
    expect(view.seen()).toBe(1)
  })

  it('[INV9] an infinite query is as old as its oldest page', async () => {
    await subscribe()
    const observer = new InfiniteQueryObserver(world.client, {
      queryKey: ['appointments', 'pages'],
      queryFn: read,
      initialPageParam: 0,
      getNextPageParam: (_last: unknown, pages: unknown[]) => pages.length,
    })
    world.undo.push(observer.subscribe(() => {}))
    await pass(200)
    world.api.position = { ...world.api.position, seq: 1 }
    void observer.fetchNextPage()
    await pass(200)
    // The second page has it already, the first has not.
    world.realtime.emit('appointment:updated', { data: {} as never })
    await pass(3000)
    expect((observer.getCurrentResult().data?.pages as Seen[]).map(({ seen }) => seen)).toEqual([1, 1])
  })

  it('[INV9] the same answer again counts as new', async () => {
    await subscribe()
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      const response = await world.api.fetch(input, init)
      return Response.json({ seen: 5 }, { headers: response.headers })
    })
    mount()
    await pass(200)
    change()
    await pass(5000)
    expect(world.api.count()).toBe(2)
  })

  it('[INV8] a removed channel: its data is gone at once, and what was on its way too', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    change()
    await pass(70)
    expect(view.observer.getCurrentResult().isFetching).toBe(true)
    world.realtime.changeAccess({
      removed: ['00000000-0000-4000-8000-000000000001/l:00000000-0000-4000-8000-000000000002/scheduling'],
    })
    expect(view.seen()).toBeUndefined()
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      await world.api.fetch(input, init)
      return Response.json({ seen: -7 }, { headers: { 'as-of': '' } })
    })
    await pass(40)
    expect(view.seen()).toBeUndefined()
    await pass(1000)
    expect(view.seen()).toBe(-7)
    expect(view.shown).not.toContain(1)
  })

  it('[INV10] more may be seen: answers of before are read again, though they name no channel that changed', async () => {
    await subscribe()
    const view = mount()
    // Of no resource that is named, but fed by the schedule: its answers say so.
    mount(['board'])
    const unfed = vi.fn(async () => 1)
    world.undo.push(new QueryObserver(world.client, { queryKey: ['unrelated'], queryFn: unfed }).subscribe(() => {}))
    await pass(200)
    world.realtime.changeAccess({
      added: ['00000000-0000-4000-8000-000000000001/l:00000000-0000-4000-8000-000000000009/scheduling'],
    })
    await pass(2000)
    expect(view.seen()).toBe(0)
    expect(world.api.count('/appointments')).toBe(2)
    expect(world.api.count('/board')).toBe(2)
    expect(unfed).toHaveBeenCalledTimes(1)
  })

  it('[INV4] an API that is down is asked less and less often', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    const readOrThrow = live(async ({ fetch }) => {
      const response = await fetch('/appointments')
      if (!response.ok) throw new Error(String(response.status))
      return (await response.json()) as Seen
    })
    view.observer.setOptions({ queryKey: ['appointments'], queryFn: readOrThrow })
    world.api.failures = Array.from({ length: 100 }, () => 503)
    change()
    await pass(8000)
    expect(world.api.count()).toBeGreaterThan(3)
    expect(world.api.count()).toBeLessThan(12)
    world.api.failures = []
    await pass(8000)
    expect(view.seen()).toBe(1)
  })

  it('[INV2] a query that nobody shows is marked as stale at once', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    view.unmount()
    change()
    await pass(1)
    expect(world.client.getQueryState(['appointments'])?.isInvalidated).toBe(true)
  })

  it('[INV6] a fetch that a change cancelled is made up for, though the change failed and nothing was heard', async () => {
    await subscribe()
    const view = mount()
    await pass(300)
    world.api.position = { ...world.api.position, seq: 1 }
    void view.observer.refetch()
    await pass(50)
    const drag = world.realtime.mutation('appointments', async () => {
      throw new Error('refused')
    })
    await expect(drag(undefined)).rejects.toThrow('refused')
    await pass(2000)
    expect(view.seen()).toBe(1)
  })

  it('[INV6] one’s own change is seen though its echo never comes', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    world.api.onChange = () => (world.api.position = { ...world.api.position, seq: 1 })
    const save = world.realtime.mutation('appointments', ({ fetch }) => fetch('/appointments/1', { method: 'PATCH' }))
    await Promise.all([save(undefined), pass(2000)])
    expect(view.seen()).toBe(1)
  })

  it('[INV8] a channel removed during the first load: the answer that still has it is not kept', async () => {
    await subscribe()
    const view = mount()
    await pass(50)
    world.realtime.changeAccess({
      removed: ['00000000-0000-4000-8000-000000000001/l:00000000-0000-4000-8000-000000000002/scheduling'],
    })
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      await world.api.fetch(input, init)
      return Response.json({ seen: -7 }, { headers: { 'as-of': '' } })
    })
    await pass(2000)
    expect(view.seen()).toBe(-7)
  })

  it('[INV9] `setQueryData` during a fetch does not hide that its answer lags', async () => {
    await subscribe()
    const view = mount()
    await pass(300)
    world.api.lag = 1
    change()
    await pass(50)
    expect(view.observer.getCurrentResult().isFetching).toBe(true)
    world.client.setQueryData(['appointments'], { seen: 77 })
    await pass(100)
    world.api.lag = 0
    await pass(3000)
    expect(view.seen()).toBe(1)
  })

  it('[INV4] an event does not cancel the refetch that is under way', async () => {
    await subscribe()
    const view = mount()
    await pass(300)
    world.api.latencyMs = 600
    change()
    await pass(300)
    change()
    await pass(350)
    expect(view.seen()).toBe(1)
    await pass(2000)
    expect(view.seen()).toBe(2)
    expect(world.api.count()).toBe(3)
  })

  it('keeps the queries of several clients apart', async () => {
    const otherClient = new QueryClient()
    const other = createTestRealtime({ queryClient: otherClient })
    world.undo.push(other.start(), other.retain({ topic: 'scheduling' }), () => otherClient.clear())
    const observer = new QueryObserver(otherClient, { queryKey: ['appointments'], queryFn: read })
    world.undo.push(observer.subscribe(() => {}))
    await subscribe()
    mount()
    await pass(200)
    change()
    await pass(3000)
    expect(world.api.count()).toBe(3)
  })
})
