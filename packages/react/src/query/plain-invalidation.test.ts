import { QueryObserver, type QueryKey } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { createTestViews, pass, type Seen } from './test-views.ts'

const { world } = createTestViews()

// Much is done in virtual time: a busy machine takes a while.
describe('plain `invalidateQueries` for each event', { timeout: 60_000 }, () => {
  const plainRead = ({ queryKey }: { queryKey: QueryKey }) =>
    fetch(`http://localhost/${queryKey.join('/')}`).then((response) => response.json() as Promise<Seen>)
  function mountPlain(queryKey: QueryKey = ['appointments']) {
    const observer = new QueryObserver(world.client, { queryKey, queryFn: plainRead })
    let updates = 0
    world.undo.push(observer.subscribe(({ data }) => void (data && updates++)))
    return { seen: () => observer.getCurrentResult().data?.seen, updates: () => updates }
  }
  const commit = () => (world.api.position = { ...world.api.position, seq: world.api.position.seq + 1 })

  it('loses an event during the first load for ever, when it must not cancel', async () => {
    const view = mountPlain()
    await pass(50)
    commit()
    void world.client.invalidateQueries({ queryKey: ['appointments'] }, { cancelRefetch: false })
    await pass(10_000)
    expect(view.seen()).toBe(0)
  })

  it('leaves stale data with `cancelRefetch: false`', async () => {
    const view = mountPlain()
    await pass(200)
    commit()
    void world.client.invalidateQueries({ queryKey: ['appointments'] }, { cancelRefetch: false })
    await pass(50)
    commit()
    void world.client.invalidateQueries({ queryKey: ['appointments'] }, { cancelRefetch: false })
    await pass(10_000)
    expect(view.seen()).toBe(1)
  })

  it('never lands with events faster than the fetch', async () => {
    const view = mountPlain()
    await pass(200)
    world.api.latencyMs = 300
    const before = { requests: world.api.count(), updates: view.updates() }
    for (let i = 0; i < 30; i++) {
      commit()
      void world.client.invalidateQueries({ queryKey: ['appointments'] })
      await pass(200)
    }
    expect(view.seen()).toBe(0)
    expect(world.api.count() - before.requests).toBe(30)
  })

  it('costs a thousand requests for 50 events and 20 queries', async () => {
    const views = Array.from({ length: 20 }, (_, i) => mountPlain(['appointments', i]))
    await pass(500)
    const before = world.api.count()
    for (let i = 0; i < 50; i++) {
      commit()
      void world.client.invalidateQueries({ queryKey: ['appointments'] })
      await pass(3)
    }
    await pass(5000)
    expect(world.api.count() - before).toBe(1000)
    expect(views[0]!.seen()).toBe(50)
  })
})
