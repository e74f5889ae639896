import { describe, expect, it } from 'vitest'
import { createTestViews, pass, OTHER, type Seen } from './test-views.ts'

const { world, mount, change } = createTestViews()
const client = {
  get: (queryKey: readonly unknown[]) => world.client.getQueryData(queryKey),
  set: (queryKey: readonly unknown[], data: Seen) => world.client.setQueryData(queryKey, data),
}

describe('another person at the same browser', () => {
  it('[INV12] a person of another tenant is shown nothing of the first, though nobody emptied the cache', async () => {
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

  it('[INV12] a person of the same tenant keeps what is there: nothing is asked twice', async () => {
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

  it('[INV12] a fetch of the first tenant that is on its way is not shown to the second', async () => {
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

  it('[INV12] the answer to a change of the first tenant says nothing of the second’s positions', async () => {
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

  it('[INV12] a drag of the first tenant holds no view of the second back', async () => {
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
})
