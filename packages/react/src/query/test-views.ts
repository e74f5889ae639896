import { QueryClient, QueryObserver, type keepPreviousData, type QueryKey } from '@tanstack/react-query'
import { afterEach, beforeEach, vi } from 'vitest'
import { FakeApi } from '../testing/fake-api.ts'
import { createTestRealtime, type TestRealtime } from '../testing/index.ts'
import { live } from './live.ts'

export type Seen = { seen: number }

/** What a test of invalidation works with: the real TanStack Query in virtual time, an API, and a realtime without a server. New for each test. */
export type TestViews = {
  api: FakeApi
  client: QueryClient
  realtime: TestRealtime
  /** Done at the test's end. */
  undo: (() => void)[]
}

export const read = live(({ fetch, queryKey }) =>
  fetch(`/${queryKey.join('/')}`).then((response) => response.json() as Promise<Seen>),
)

/** As `read`, but an error's body is no data. */
export const readOrThrow = live(async ({ fetch, queryKey }) => {
  const response = await fetch(`/${queryKey.join('/')}`)
  if (!response.ok) throw new Error(String(response.status))
  return (await response.json()) as Seen
})

export const TENANT = '00000000-0000-4000-8000-000000000001'
export const OTHER = '00000000-0000-4000-8000-0000000000ff'
export const CHANNEL_KEY = 'l:00000000-0000-4000-8000-000000000002/scheduling'

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

export function createTestViews() {
  const world = {} as TestViews
  beforeEach(() => {
    vi.useFakeTimers()
    world.undo = []
    world.api = new FakeApi()
    vi.stubGlobal('fetch', world.api.fetch)
    world.client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
    world.realtime = createTestRealtime({ queryClient: world.client, refetch: { minDelayMs: 50 } })
  })
  afterEach(async () => {
    for (const step of world.undo) step()
    world.client.clear()
    await vi.advanceTimersByTimeAsync(60_000)
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  return {
    world,
    /** Somebody shows the query. */
    mount(
      queryKey: QueryKey = ['appointments'],
      options: { staleTime?: number; refetchOnMount?: boolean; placeholderData?: typeof keepPreviousData } = {},
    ) {
      const { client, undo } = world
      const observer = new QueryObserver<Seen, Error, Seen, Seen, QueryKey>(client, {
        queryKey,
        queryFn: read,
        ...options,
      })
      const shown: (number | undefined)[] = []
      const unmount = observer.subscribe(({ data }) => {
        if (shown.at(-1) !== data?.seen) shown.push(data?.seen)
      })
      undo.push(unmount)
      return { observer, shown, unmount, seen: () => observer.getCurrentResult().data?.seen }
    },
    /** Connected, and subscribed to the schedule. */
    async subscribe() {
      world.undo.push(world.realtime.start(), world.realtime.retain({ topic: 'scheduling' }))
      await pass(1)
    },
    /** Somebody else's change: committed, then told. */
    change(mutationId?: string) {
      const { epoch, seq } = world.realtime.emit('appointment:updated', {
        data: {} as never,
        ...(mutationId === undefined ? {} : { mutationId }),
      })
      world.api.position = { epoch, seq }
      return world.api.position
    },
  }
}
