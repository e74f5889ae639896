import { QueryObserver, onlineManager } from '@tanstack/react-query'
import { describe, expect, it, vi } from 'vitest'
import { live } from './live.ts'
import { pass, createTestViews, type Seen } from './test-views.ts'

const { world, mount, subscribe, change } = createTestViews()
const TENANT = '00000000-0000-4000-8000-000000000001'
const LOCAL = 'l:00000000-0000-4000-8000-000000000002/scheduling'

const readOrThrow = live(async ({ fetch, queryKey }) => {
  const response = await fetch(`/${queryKey.join('/')}`)
  if (!response.ok) throw new Error(String(response.status))
  return (await response.json()) as Seen
})

describe('a change that does not settle', () => {
  it('[INV6] keeps a view old for 15 s, and no longer', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    void world.realtime.mutation('appointments', () => new Promise(() => {}))(undefined)
    change()
    await pass(14_000)
    expect(view.seen()).toBe(0)
    await pass(2000)
    expect(view.seen()).toBe(1)
  })

  it('[INV6] is no excuse for the next: one after the other without a break, 15 s in all', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    const save = world.realtime.mutation('appointments', () => pause(4000))
    for (let i = 0; i < 10; i++) {
      void save(undefined)
      change()
      await pass(2000)
    }
    expect(view.seen()).toBeGreaterThan(0)
  })

  it('[INV6] holds only what it touches', async () => {
    await subscribe()
    const other = mount(['waitlist'])
    await pass(200)
    void world.realtime.mutation('appointments', () => new Promise(() => {}))(undefined)
    world.realtime.emit('waitlist:added', { data: {} as never })
    world.api.position = { ...world.api.position, seq: 1 }
    await pass(500)
    expect(other.seen()).toBe(1)
  })
})

describe('a change that is tried again', () => {
  it('[INV13] carries one key in all its tries, and holds until the last of them', async () => {
    await subscribe()
    const view = mount()
    await pass(200)
    const keys: (string | null)[] = []
    let tries = 0
    const save = world.realtime.mutation<void, unknown>('appointments', async ({ fetch }) => {
      await fetch('/appointments/1', { method: 'PATCH', body: '{"note":"a"}' })
      await fetch('/appointments/2', { method: 'PATCH', body: '{"note":"b"}' })
      if (++tries < 3) throw new Error('refused')
    })
    const answer = world.api.fetch
    vi.stubGlobal('fetch', (input: URL, init: RequestInit) => {
      if (init.method === 'PATCH') keys.push(new Headers(init.headers).get('idempotency-key'))
      return answer(input, init)
    })
    const mutation = world.client.getMutationCache().build(world.client, {
      mutationFn: save,
      retry: 2,
      retryDelay: 1000,
    })
    const settled = mutation.execute()
    await pass(700)
    change()
    await pass(600)
    // Between the first try and the second: somebody else's event does not undo what is shown.
    expect(view.seen()).toBe(0)
    await Promise.all([settled, pass(3000)])
    expect(tries).toBe(3)
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(keys[1]).toBe(`${keys[0]}.1`)
    expect(keys).toEqual([keys[0], keys[1], keys[0], keys[1], keys[0], keys[1]])
    expect(view.seen()).toBe(1)
  })

  it('[INV13] has another key the next time', async () => {
    const keys: string[] = []
    const save = world.realtime.mutation('appointments', async ({ idempotencyKey }) => void keys.push(idempotencyKey))
    await save(undefined)
    await save(undefined)
    expect(new Set(keys).size).toBe(2)
  })
})

describe('a fetch that does not end well', () => {
  it('[INV11] somebody else cancels it: it is made up for a moment later', async () => {
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
    world.api.failures = []
    const before = world.api.count()
    world.realtime.reconnect()
    while (world.realtime.getConnection().status !== 'live') await pass(100)
    expect(world.api.count()).toBe(before)
    await pass(1500)
    expect(view.seen()).toBe(1)
  })

  it('[INV2] a first load that failed is made up for when something is heard of', async () => {
    await subscribe()
    world.api.failures = [500]
    const observer = new QueryObserver(world.client, { queryKey: ['appointments'], queryFn: readOrThrow })
    world.undo.push(observer.subscribe(() => {}))
    await pass(300)
    expect(observer.getCurrentResult().status).toBe('error')
    change()
    await pass(1000)
    expect(observer.getCurrentResult().data).toEqual({ seen: 1 })
  })

  it('[INV4] the browser is offline: what was heard before is fetched when it is back', async () => {
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
    expect(world.realtime.getConnection().status).toBe('live')
    await pass(1000)
    expect(view.seen()).toBe(1)
  })
})

describe('positions', () => {
  const many = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [
      `l:00000000-0000-4000-8000-${String(100 + i).padStart(12, '0')}/scheduling`,
      3,
    ]),
  )
  const inBody = (seq: number) =>
    Object.fromEntries(
      Object.entries({ ...many, [LOCAL]: seq }).map(([local, at]) => [
        local,
        { epoch: world.api.position.epoch, seq: at },
      ]),
    )

  it('[INV1] above 32 channels stand in the body, and count as in the header', async () => {
    await subscribe()
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      const response = await world.api.fetch(input, init)
      const { seen } = (await response.json()) as Seen
      return Response.json({ seen, asOf: inBody(seen) })
    })
    const view = mount()
    await pass(200)
    change()
    await pass(1000)
    expect(view.seen()).toBe(1)
    // New enough: not asked again.
    expect(world.api.count()).toBe(2)
    world.api.lag = 1
    change()
    await pass(1000)
    expect(world.api.count()).toBeGreaterThan(3)
    world.api.lag = 0
    await pass(6000)
    expect(view.seen()).toBe(2)
  })

  it('[INV1] a body’s malformed position spoils all of them: the view is stale with the next event', async () => {
    await subscribe()
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      const response = await world.api.fetch(input, init)
      const { seen } = (await response.json()) as Seen
      return Response.json({ seen, asOf: { ...inBody(999), 't/patients': { epoch: 'x', seq: 1 } } })
    })
    const view = mount()
    await pass(200)
    change()
    await pass(1000)
    expect(view.seen()).toBe(1)
  })

  it('[INV2] another epoch: what was read in the old one is older than everything in the new', async () => {
    await subscribe()
    world.api.position = { ...world.api.position, seq: 50 }
    const view = mount()
    await pass(300)
    expect(view.seen()).toBe(50)
    const before = world.api.count()
    // Higher numbers of the old epoch are older all the same.
    world.api.position = { epoch: '0000000000020000', seq: 1 }
    world.realtime.resync('0000000000020000')
    await pass(3000)
    expect(world.api.count()).toBe(before + 1)
    expect(view.seen()).toBe(1)
  })
})

describe('another person at the same browser', () => {
  it('[INV12] of another tenant is shown nothing of the first, though nobody emptied the cache', async () => {
    const release = world.realtime.start()
    world.undo.push(world.realtime.retain({ topic: 'scheduling' }))
    await pass(1)
    mount(['appointments', 2]).unmount()
    const view = mount()
    await pass(200)
    for (let i = 0; i < 9; i++) change()
    await pass(1000)
    expect(client.get(['appointments', 2])).toEqual({ seen: 0 })
    release()
    await pass(10)
    world.realtime.switchTenant('00000000-0000-4000-8000-0000000000ff')
    world.api.position = { ...world.api.position, seq: 7 }
    world.undo.push(world.realtime.start())
    await pass(1)
    expect(client.get(['appointments', 2])).toBeUndefined()
    expect(view.seen()).toBeUndefined()
    await pass(1000)
    expect(view.seen()).toBe(7)
    // The first tenant's nine are nothing that the second's seven would lack.
    const before = world.api.count()
    await pass(10_000)
    expect(world.api.count()).toBe(before)
  })

  it('[INV12] of the same tenant keeps what is there: nothing is asked twice', async () => {
    const release = world.realtime.start()
    world.undo.push(world.realtime.retain({ topic: 'scheduling' }))
    await pass(1)
    const view = mount()
    await pass(200)
    release()
    await pass(10)
    world.undo.push(world.realtime.start())
    await pass(2000)
    expect(view.seen()).toBe(0)
    expect(world.api.count()).toBe(1)
  })
})

describe('data that says nothing of itself', () => {
  it('[INV8] is forgotten when anything that may have fed it is removed', async () => {
    await subscribe()
    client.set(['appointments'], { seen: 5 })
    client.set(['unrelated'], { seen: 6 })
    world.realtime.changeAccess({ removed: [`${TENANT}/${LOCAL}`] })
    expect(client.get(['appointments'])).toBeUndefined()
    expect(client.get(['unrelated'])).toEqual({ seen: 6 })
  })

  it('[INV4] is no answer when its status was an error: it is asked for again', async () => {
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
})

describe('a view that comes back', () => {
  it('[INV2] is made as new as it must be, also where it asks for no refetch when it mounts', async () => {
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
})

describe('large audiences', () => {
  it('[INV5] are spread over what the event says, and all arrive', async () => {
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
})

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const client = {
  get: (queryKey: readonly unknown[]) => world.client.getQueryData(queryKey),
  set: (queryKey: readonly unknown[], data: Seen) => world.client.setQueryData(queryKey, data),
}
