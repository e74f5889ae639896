import { describe, expect, it, vi } from 'vitest'
import { createTestViews, pass, pause, CHANNEL_KEY } from './test-views.ts'

const { world, mount, subscribe, change } = createTestViews()

describe('a change of one’s own', () => {
  it('[INV3] a change’s requests are answered in another order: the newest position counts', async () => {
    const view = mount()
    await pass(300)
    const { epoch } = world.api.position
    vi.stubGlobal('fetch', async (input: URL, init: RequestInit) => {
      if (init.method !== 'PATCH') return world.api.fetch(input, init)
      const seq = input.pathname.endsWith('/1') ? 1 : 2
      await pause(seq === 1 ? 500 : 100)
      return Response.json({}, { headers: { published: `"${CHANNEL_KEY}";epoch="${epoch}";seq=${seq}` } })
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

  it('[INV6] a change that does not settle keeps a view old for 15 s, and no longer', async () => {
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

  it('[INV6] changes that do not settle, one after the other without a break: 15 s in all', async () => {
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

  it('[INV6] a change keeps only the queries of its resources', async () => {
    await subscribe()
    const other = mount(['waitlist'])
    await pass(200)
    void world.realtime.mutation('appointments', () => new Promise(() => {}))(undefined)
    world.realtime.emit('waitlist:added', { data: {} as never })
    world.api.position = { ...world.api.position, seq: 1 }
    await pass(500)
    expect(other.seen()).toBe(1)
  })

  it('[INV6] a second view that mounts during a drag does not undo it', async () => {
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

  it('[INV13] a change carries one key in all its tries, and is pending until the last of them', async () => {
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

  it('[INV13] a key that the caller gives, to repeat a change whose answer was lost, is this window’s own', async () => {
    await subscribe()
    const own: boolean[] = []
    world.undo.push(world.realtime.onEvent((_event, isOwn) => own.push(isOwn)))
    const save = world.realtime.mutation('appointments', ({ fetch }) =>
      fetch('/appointments', { method: 'POST', body: '{}', headers: { 'idempotency-key': 'kept' } }),
    )
    await Promise.all([save(undefined), pass(300)])
    change('kept')
    change('another')
    expect(own).toEqual([true, false])
  })

  it('[INV13] the next change has another key', async () => {
    const keys: string[] = []
    const save = world.realtime.mutation('appointments', async ({ idempotencyKey }) => void keys.push(idempotencyKey))
    await save(undefined)
    await save(undefined)
    expect(new Set(keys).size).toBe(2)
  })

  it('[INV13] two uploads in one change have a key each', async () => {
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

  it('[INV14] what a refused change puts back after newer data came is read again', async () => {
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

  it('[INV14] changes in a row cancel fetches for 15 s at most', async () => {
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

  it('[INV14] what was put in by hand for a refused change is read again, though nobody puts it back', async () => {
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

  it('[INV14] what is put back after a refetch that TanStack Query made during the change is read again', async () => {
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
})
