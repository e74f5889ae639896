import { QueryObserver } from '@tanstack/react-query'
import { describe, expect, it, vi } from 'vitest'
import { live } from './live.ts'
import { CHANNEL_KEY, TENANT, createTestViews, pass, pause, type Seen } from './test-views.ts'

const { world, change } = createTestViews()

const start = () => void world.undo.push(world.realtime.start())
const status = () => world.realtime.getConnection()
const freshness = (key = ['appointments']) => world.realtime.getFreshness(key)

describe('[INV28] what does not say what feeds it', () => {
  /** A function of an app's own, that `live` does not wrap. */
  const plain = async () => {
    await pause(1)
    return { seen: world.api.position.seq }
  }
  const mountPlain = (queryKey: unknown[] = ['appointments'], queryFn: () => Promise<Seen> = plain) => {
    const observer = new QueryObserver<Seen>(world.client, { queryKey, queryFn })
    world.undo.push(observer.subscribe(() => {}))
    return observer
  }
  const comeBack = async () => {
    world.realtime.disconnect()
    world.realtime.reconnect()
    await pass(20_000)
  }

  it('is current while each topic of its resources is served, and is kept new', async () => {
    start()
    const observer = mountPlain()
    await pass(4000)
    expect(freshness()).toEqual({ current: true })
    expect(status().status).toBe('live')
    change()
    await pass(500)
    expect(observer.getCurrentResult().data).toEqual({ seen: 1 })
  })

  it.each([
    ['all of them are denied', 0],
    ['one of them is', 1],
  ])('is not live while %s, and live again when they are granted', async (_, channels) => {
    world.realtime.limit(channels)
    start()
    mountPlain()
    await pass(20_000)
    expect(freshness()).toMatchObject({ current: false, why: 'unfollowed' })
    expect(status()).toMatchObject({ status: 'delayed', why: 'unfollowed' })
    world.realtime.limit(Infinity)
    await comeBack()
    expect(freshness()).toEqual({ current: true })
    expect(status().status).toBe('live')
  })

  it('is not live where access was taken away, though the socket stands', async () => {
    start()
    mountPlain()
    await pass(4000)
    world.realtime.changeAccess({ removed: [`${TENANT}/${CHANNEL_KEY}`] })
    await pass(4000)
    expect(freshness()).toMatchObject({ current: false, why: 'unfollowed' })
    expect(status()).toMatchObject({ status: 'delayed', why: 'unfollowed' })
    world.realtime.changeAccess({ added: [`${TENANT}/${CHANNEL_KEY}`] })
    await pass(4000)
    expect(status().status).toBe('live')
  })

  it('is not live where its answer lacks `As-Of` in a part, and the part’s topics are denied', async () => {
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      const response = await world.api.fetch(input, init)
      return input.pathname === '/more' ? Response.json(await response.json()) : response
    })
    // Only the schedule fits.
    world.realtime.limit(1)
    start()
    const both = live(async ({ fetch }) => {
      await fetch('/more')
      return (await (await fetch('/appointments')).json()) as Seen
    })
    const observer = new QueryObserver<Seen>(world.client, { queryKey: ['appointments'], queryFn: both })
    world.undo.push(observer.subscribe(() => {}))
    await pass(20_000)
    expect(observer.getCurrentResult().data).toEqual({ seen: 0 })
    expect(status()).toMatchObject({ status: 'delayed', why: 'unfollowed' })
    world.realtime.limit(Infinity)
    await comeBack()
    expect(status().status).toBe('live')
  })

  it('and is below no resource is fed by nothing that is known: reference data, as live as the socket', async () => {
    vi.stubGlobal('fetch', async () => Response.json({ seen: 5 }))
    world.realtime.limit(0)
    start()
    const observer = new QueryObserver<Seen>(world.client, {
      queryKey: ['of an app'],
      queryFn: live(async ({ fetch }) => (await (await fetch('/own')).json()) as Seen),
    })
    world.undo.push(observer.subscribe(() => {}))
    await pass(4000)
    expect(observer.getCurrentResult().data).toEqual({ seen: 5 })
    expect(status().status).toBe('live')
  })

  it('and says that no channel feeds it is current', async () => {
    vi.stubGlobal('fetch', async () => Response.json({ seen: 5 }, { headers: { 'as-of': '' } }))
    start()
    const observer = new QueryObserver<Seen>(world.client, {
      queryKey: ['of an app'],
      queryFn: live(async ({ fetch }) => (await (await fetch('/own')).json()) as Seen),
    })
    world.undo.push(observer.subscribe(() => {}))
    await pass(4000)
    expect(status().status).toBe('live')
  })

  it('is checked by the known channels of its topics while the socket is away', async () => {
    start()
    const observer = mountPlain()
    await pass(300)
    world.realtime.disconnect()
    world.api.position = { ...world.api.position, seq: 7 }
    await pass(8000)
    expect(world.api.checks).toBeGreaterThan(0)
    expect(observer.getCurrentResult().data).toEqual({ seen: 7 })
  })
})
