import { QueryObserver } from '@tanstack/react-query'
import { describe, expect, it, vi } from 'vitest'
import { live } from './live.ts'
import { createTestViews, pass, readOrThrow, CHANNEL_KEY, type Seen } from './test-views.ts'

const { world, mount, subscribe, change } = createTestViews()

const many = Object.fromEntries(
  Array.from({ length: 40 }, (_, i) => [
    `l:00000000-0000-4000-8000-${String(100 + i).padStart(12, '0')}/scheduling`,
    3,
  ]),
)
const inBody = (seq: number) =>
  Object.fromEntries(
    Object.entries({ ...many, [CHANNEL_KEY]: seq }).map(([channelKey, at]) => [
      channelKey,
      { epoch: world.api.position.epoch, seq: at },
    ]),
  )

describe('the positions of an answer', () => {
  it('[INV1] positions of more than 32 channels stand in the body, and count as in the header', async () => {
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

  it('[INV4] `Min-As-Of` names no more channels than a header may hold', async () => {
    await subscribe()
    const keyOf = (i: number) => `l:00000000-0000-4000-8000-${String(100 + i).padStart(12, '0')}/scheduling`
    let longest = 0
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      const { length } = new Headers(init.headers).get('min-as-of') ?? ''
      longest = Math.max(longest, length)
      // `node:http`: --max-http-header-size is 16 KiB.
      if (length > 16_384) return new Response(null, { status: 431 })
      const response = await world.api.fetch(input, init)
      const { seen } = (await response.json()) as Seen
      const { epoch } = world.api.position
      const asOf = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [keyOf(i), { epoch, seq: seen }]))
      return Response.json({ seen, asOf })
    })
    for (let i = 0; i < 250; i++)
      world.undo.push(world.realtime.retain({ topic: 'scheduling', location: keyOf(i).slice(2, 38) }))
    await pass(10)
    const observer = new QueryObserver(world.client, { queryKey: ['appointments'], queryFn: readOrThrow })
    world.undo.push(observer.subscribe(() => {}))
    await pass(300)
    world.realtime.resync()
    world.api.position = { ...world.api.position, seq: 1 }
    await pass(300_000)
    expect({ longest, data: observer.getCurrentResult().data }).toMatchObject({ data: { seen: 1 } })
  })

  it('[INV4] a lagging replica’s 404 is asked again', async () => {
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

  it('[INV9] an answer without `As-Of` beside one with it: stale once anything of its resources is heard of', async () => {
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
})
