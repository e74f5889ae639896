import { QueryObserver, keepPreviousData } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { createTestViews, pass, read, readOrThrow, CHANNEL_KEY, TENANT, type Seen } from './test-views.ts'

const { world, mount, subscribe } = createTestViews()
const client = {
  get: (queryKey: readonly unknown[]) => world.client.getQueryData(queryKey),
  set: (queryKey: readonly unknown[], data: Seen) => world.client.setQueryData(queryKey, data),
}

describe('a change of access', () => {
  it('is told to the application, whichever way it goes, so that it asks anew what the user may do', async () => {
    await subscribe()
    let told = 0
    world.undo.push(world.realtime.onAccessChanged(() => told++))
    const name = `${TENANT}/${CHANNEL_KEY}`
    world.realtime.changeAccess({ removed: [name] })
    expect(told).toBe(1)
    world.realtime.changeAccess({ added: [name] })
    await pass(100)
    expect(told).toBe(2)
  })

  it('[INV8] data that says nothing of itself is forgotten when anything that may have fed it is removed', async () => {
    await subscribe()
    client.set(['appointments'], { seen: 5 })
    client.set(['unrelated'], { seen: 6 })
    world.realtime.changeAccess({ removed: [`${TENANT}/${CHANNEL_KEY}`] })
    expect(client.get(['appointments'])).toBeUndefined()
    expect(client.get(['unrelated'])).toEqual({ seen: 6 })
  })

  it('[INV8] a removed channel’s data does not come back as `initialData`', async () => {
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
    world.realtime.changeAccess({ removed: [`${TENANT}/${CHANNEL_KEY}`] })
    await pass(10_000)
    expect(observer.getCurrentResult().data).toBeUndefined()
  })

  it('[INV8] a disabled view forgets a removed channel’s data too', async () => {
    await subscribe()
    const view = mount()
    await pass(300)
    view.observer.setOptions({ queryKey: ['appointments'], queryFn: read, enabled: false })
    world.realtime.changeAccess({ removed: [`${TENANT}/${CHANNEL_KEY}`] })
    await pass(10_000)
    expect(view.seen()).toBeUndefined()
  })

  it('[INV8] a page kept as a placeholder goes with the removed channel', async () => {
    await subscribe()
    const view = mount(['appointments', 1], { placeholderData: keepPreviousData })
    await pass(200)
    const next = { queryKey: ['appointments', 2], queryFn: read, placeholderData: keepPreviousData }
    view.observer.setOptions(next)
    await pass(50)
    expect(view.observer.getCurrentResult()).toMatchObject({ isPlaceholderData: true, data: { seen: 0 } })
    world.realtime.changeAccess({ removed: [`${TENANT}/${CHANNEL_KEY}`] })
    expect(view.seen()).toBeUndefined()
    // As the hook does with every render.
    view.observer.setOptions(next)
    expect(view.seen()).toBeUndefined()
  })

  it('[INV8] a placeholder goes though the page that lent it has left the cache', async () => {
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
      world.realtime.changeAccess({ removed: [`${TENANT}/${CHANNEL_KEY}`] })
      expect(observer.getCurrentResult().data).toBeUndefined()
      observer.setOptions(page(2))
      expect(observer.getCurrentResult().data).toBeUndefined()
    }
  })

  it('[INV8] a placeholder of something else stays', async () => {
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
    world.realtime.changeAccess({ removed: [`${TENANT}/${CHANNEL_KEY}`] })
    expect(observer.getCurrentResult()).toMatchObject({ data: 'sun', isPlaceholderData: true })
  })

  it('[SUB3] a topic that nobody wanted any more when the connection was let go is not asked for again', async () => {
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
})
