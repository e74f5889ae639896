// @vitest-environment happy-dom
import { EVENT_TYPES, SUBJECTS, definitionOf, type EventType } from '@derm/contract'
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, cleanup, render, screen } from '@testing-library/react'
import { StrictMode, type ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { TodaysAppointments } from '../../examples/product-page.tsx'
import {
  RealtimeIndicator,
  RealtimeProvider,
  RealtimeWrapper,
  UpdateHighlight,
  createDomainHook,
  live,
  useAppointmentUpdates,
  useFreshness,
  usePatientUpdates,
  type EventRecord,
} from '../index.ts'
import { FakeApi, createTestRealtime, type TestRealtime } from '../testing/index.ts'

const HERE = '00000000-0000-4000-8000-000000000002'
const data = {
  patientId: '00000000-0000-4000-8000-0000000000aa',
  providerId: '00000000-0000-4000-8000-0000000000bb',
  roomId: null,
  type: 'biopsy',
  status: 'booked',
  startsAt: '2026-11-23T15:00:00.000Z',
  endsAt: '2026-11-23T15:30:00.000Z',
} as never
let realtime: TestRealtime
let notices: string[]
beforeEach(() => {
  vi.useFakeTimers()
  notices = []
  realtime = createTestRealtime({ queryClient: new QueryClient(), notify: ({ title }) => notices.push(title) })
})
afterEach(async () => {
  cleanup()
  await vi.advanceTimersByTimeAsync(60_000)
  vi.useRealTimers()
})

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))
async function show(children: ReactNode) {
  const view = render(<RealtimeProvider realtime={realtime}>{children}</RealtimeProvider>)
  await pass(10)
  return view
}
const emit = (type: EventType, input: object = {}) => act(() => void realtime.emit(type, { data, ...input }))

const callbacksOf = (types: readonly EventType[], note: (type: EventType) => void) =>
  Object.fromEntries(
    types.map((type) => [
      `on${type.replace(/(?:^|[:_])(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
      () => note(type),
    ]),
  )

describe('the example that product pages show', () => {
  it('lists what was created, changes what was updated, and tells of both', async () => {
    await show(<TodaysAppointments />)
    const id = '00000000-0000-4000-8000-0000000000c1'
    emit('appointment:created', { subject: { id, version: 1 } })
    expect(screen.getByRole('listitem').textContent).toBe('biopsy booked, version 1')
    emit('appointment:updated', { subject: { id, version: 2 } })
    expect(screen.getByRole('listitem').textContent).toBe('biopsy booked, version 2')
    expect(notices).toEqual(['An appointment was booked', 'An appointment was changed'])
  })
})

describe('useAppointmentUpdates', () => {
  it('has a callback for each event of the schedule and the waitlist', async () => {
    const called: string[] = []
    const types = EVENT_TYPES.filter((type) => definitionOf(type).topic === 'scheduling')
    function Listener() {
      useAppointmentUpdates(callbacksOf(types, (type) => called.push(type)))
      return null
    }
    await show(<Listener />)
    for (const type of types) emit(type)
    expect(called).toEqual(types)
    expect(callbacksOf(['appointment:checkedin', 'waitlist:slot_offered'], () => {})).toEqual({
      onAppointmentCheckedin: expect.any(Function) as unknown,
      onWaitlistSlotOffered: expect.any(Function) as unknown,
    })
  })

  it('calls the newest callback, and subscribes once whatever is rendered', async () => {
    const seen: string[] = []
    function Listener({ name }: { name: string }) {
      useAppointmentUpdates({ onAppointmentCreated: ({ type }) => seen.push(`${name} ${type}`) })
      return null
    }
    const view = await show(<Listener name="first" />)
    for (const name of ['second', 'third'])
      view.rerender(
        <RealtimeProvider realtime={realtime}>
          <Listener name={name} />
        </RealtimeProvider>,
      )
    await pass(10)
    emit('appointment:created')
    expect(seen).toEqual(['third biopsy'])
    expect(realtime.subscriptions).toHaveLength(1)
  })

  it('leaves out what its filter does not let through', async () => {
    const seen: string[] = []
    function Listener() {
      useAppointmentUpdates({
        filter: { location: HERE, provider: '00000000-0000-4000-8000-0000000000bb' },
        onAppointmentCreated: ({ id }) => seen.push(id),
        showToasts: true,
      })
      return null
    }
    await show(<Listener />)
    emit('appointment:created', { data: { ...(data as object), providerId: null } })
    expect([seen.length, notices.length]).toEqual([0, 0])
    emit('appointment:created')
    expect([seen.length, notices.length]).toEqual([1, 1])
  })

  it('calls back for one’s own changes without telling of them', async () => {
    const seen: boolean[] = []
    let key = ''
    vi.stubGlobal('fetch', async () => Response.json({}))
    const change = realtime.mutation('appointments', async ({ idempotencyKey }) => void (key = idempotencyKey))
    function Listener() {
      useAppointmentUpdates({ onAppointmentCreated: () => seen.push(true), showToasts: true })
      return null
    }
    await show(<Listener />)
    await change(undefined)
    emit('appointment:created', { mutationId: key })
    expect([seen.length, notices.length]).toEqual([1, 0])
    vi.unstubAllGlobals()
  })

  it('reads the whole entity with `hydrate`: once for a burst, and no older than the newest event', async () => {
    const api = new FakeApi(`l:${HERE}/scheduling`)
    vi.stubGlobal('fetch', api.fetch)
    const seen: unknown[] = []
    function Listener() {
      useAppointmentUpdates({
        hydrate: true,
        onAppointmentCheckedin: (record, { seq }) =>
          void seen.push([seq, (record as unknown as { seen: number }).seen]),
      })
      return null
    }
    await show(<Listener />)
    const id = '00000000-0000-4000-8000-0000000000c1'
    for (let seq = 1; seq <= 5; seq++) {
      api.position = { ...api.position, seq }
      emit('appointment:checkedin', { subject: { id, version: seq } })
      await pass(10)
    }
    await pass(1000)
    // The first one's read had begun; all others share one that begins after it.
    expect(seen).toEqual([1, 2, 3, 4, 5].map((seq) => [seq, seq === 1 ? 1 : 5]))
    expect(api.requests.map(({ path, minAsOf }) => [path, minAsOf])).toEqual(
      [1, 5].map((seq) => [`/api/v1/appointments/${id}`, `"l:${HERE}/scheduling";epoch="0000000000010000";seq=${seq}`]),
    )
    vi.unstubAllGlobals()
  })

  it('counts a burst instead of telling each', async () => {
    function Listener() {
      useAppointmentUpdates({ showToasts: true })
      return null
    }
    await show(
      <>
        <Listener />
        <Listener />
      </>,
    )
    for (let i = 0; i < 6; i++) emit('appointment:checkedin')
    await pass(1000)
    expect(notices).toEqual(['A patient was checked in', '5 more patients were checked in'])
    for (let i = 0; i < 2; i++) emit('appointment:roomed')
    await pass(1000)
    expect(notices.slice(2)).toEqual(['A patient was roomed', 'A patient was roomed'])
  })

  it('mounts twice in StrictMode, and connects once', async () => {
    const seen: string[] = []
    function Listener() {
      useAppointmentUpdates({ onAppointmentCreated: ({ id }) => seen.push(id) })
      return null
    }
    await show(
      <StrictMode>
        <Listener />
      </StrictMode>,
    )
    emit('appointment:created')
    expect(seen).toHaveLength(1)
    expect(realtime.subscriptions).toHaveLength(1)
  })

  it('hears nothing of other topics, nor after it has gone', async () => {
    const seen: string[] = []
    function Listener() {
      usePatientUpdates({ onPatientUpdated: () => seen.push('patient') })
      return null
    }
    const view = await show(<Listener />)
    emit('appointment:created')
    emit('patient:updated')
    expect(seen).toEqual(['patient'])
    view.unmount()
    realtime.emit('patient:updated', { data: {} as never })
    expect(seen).toEqual(['patient'])
  })

  it('subscribes every topic of its domain, with a location only where the topic has one', async () => {
    const seen: string[] = []
    const useEverything = createDomainHook({ topics: ['scheduling', 'patients', 'alerts'] })
    function Listener() {
      useEverything({
        filter: { location: HERE },
        onAppointmentCreated: () => seen.push('appointment'),
        onPatientUpdated: () => seen.push('patient'),
      })
      return null
    }
    await show(<Listener />)
    expect(realtime.subscriptions).toEqual([
      { channels: [{ topic: 'scheduling', location: HERE }, { topic: 'patients' }, { topic: 'alerts' }] },
    ])
    emit('appointment:created')
    emit('patient:updated')
    emit('appointment:created', { locationId: '00000000-0000-4000-8000-0000000000dd' })
    expect(seen).toEqual(['appointment', 'patient'])
    expect([...realtime.cursors().keys()].map((channel) => channel.split('/')[1]![0])).toEqual(['l', 't', 'u'])
  })

  it('usePatientUpdates spans the topics of the patient’s record, and is not denied by a location', async () => {
    const seen: string[] = []
    function Listener() {
      usePatientUpdates({ filter: { location: HERE }, onPatientUpdated: ({ id }) => seen.push(id) })
      return null
    }
    await show(<Listener />)
    expect(realtime.subscriptions).toEqual([
      { channels: [{ topic: 'patients' }, { topic: 'safety' }, { topic: 'accounts' }] },
    ])
    emit('patient:updated')
    expect(seen).toHaveLength(1)
  })

  it('reads and marks the subject of every event where the contract says', async () => {
    const paths: string[] = []
    vi.stubGlobal('fetch', async (input: URL) => {
      paths.push(input.pathname)
      return Response.json({})
    })
    const called: string[] = []
    const topics = [...new Set(EVENT_TYPES.map((type) => definitionOf(type).topic))] as ['scheduling']
    const useAll = createDomainHook({ topics })
    function Listener() {
      useAll({ hydrate: true, ...callbacksOf(EVENT_TYPES, (type) => called.push(type)) })
      return null
    }
    await show(<Listener />)
    for (const type of EVENT_TYPES) {
      const { resource, path } = SUBJECTS[definitionOf(type).subject]
      const id = crypto.randomUUID()
      emit(type, { subject: { id } })
      await pass(10)
      expect(paths.at(-1)).toBe(`/api/v1${path}/${id}`)
      expect(called.at(-1)).toBe(type)
      expect(realtime.lastUpdates.get(resource, id), type).toBeDefined()
    }
    vi.unstubAllGlobals()
  })

  it('types its callbacks from the catalogue', () => {
    type Callback = NonNullable<NonNullable<Parameters<typeof useAppointmentUpdates>[0]>['onAppointmentCreated']>
    expectTypeOf<Parameters<Callback>[0]>().toEqualTypeOf<EventRecord<'appointment:created'>>()
    // @ts-expect-error: no such event
    const wrong: Parameters<typeof useAppointmentUpdates>[0] = { onAppointmentForgotten: () => {} }
    expect(wrong).toBeDefined()
  })
})

describe('the components', () => {
  const indicator = () => screen.getByRole('status')

  it('say when it is live, when it is catching up, and since when it is old', async () => {
    await show(<RealtimeIndicator />)
    expect(indicator().textContent).toContain('Live')
    act(() => realtime.disconnect())
    expect(indicator().textContent).toContain('Connecting')
    await pass(60_000)
    expect(indicator().textContent).toMatch(/Offline since \d/)
    act(() => realtime.reconnect())
    await pass(20_000)
    expect(indicator().textContent).toContain('Live')
    expect(indicator().getAttribute('aria-live')).toBe('polite')
  })

  it('[SUB9] say that others’ changes are delayed, and since when', async () => {
    await show(
      <RealtimeWrapper>
        <RealtimeIndicator />
      </RealtimeWrapper>,
    )
    act(() => realtime.setLagging(true))
    expect(indicator().textContent).toMatch(/Delayed since \d/)
    expect(screen.getByRole('alert').textContent).toContain('others’ changes are not arriving')
    act(() => realtime.setLagging(false))
    expect(indicator().textContent).toContain('Live')
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('warn above a view that may be old, and keep it', async () => {
    await show(
      <RealtimeWrapper>
        <p>the schedule</p>
      </RealtimeWrapper>,
    )
    expect(screen.queryByRole('alert')).toBeNull()
    act(() => realtime.disconnect())
    await pass(60_000)
    expect(screen.getByRole('alert').textContent).toContain('may be old')
    expect(screen.getByText('the schedule')).toBeDefined()
  })

  it('glow for others’ changes of what they hold, each time anew, and not for one’s own', async () => {
    const id = '00000000-0000-4000-8000-0000000000c1'
    function Listener() {
      useAppointmentUpdates()
      return null
    }
    const view = await show(
      <UpdateHighlight resource="appointments" id={id}>
        <Listener />
      </UpdateHighlight>,
    )
    const card = view.container.querySelector('.derm-highlight')!
    emit('appointment:checkedin')
    expect(card.hasAttribute('data-highlight')).toBe(false)
    emit('appointment:checkedin', { subject: { id } })
    const first = card.getAttribute('data-highlight')
    expect(first).not.toBeNull()
    emit('appointment:roomed', { subject: { id } })
    expect(card.getAttribute('data-highlight')).not.toBe(first)
    await pass(1)
    emit('appointment:completed', { subject: { id } })
    expect(card.getAttribute('data-highlight')).toBe(first)
  })

  it('glow as long as the animation takes, and not again when what they hold is shown anew', async () => {
    const id = '00000000-0000-4000-8000-0000000000c2'
    function Listener() {
      useAppointmentUpdates()
      return null
    }
    const glowing = (key: string) => (
      <>
        <Listener />
        <UpdateHighlight key={key} resource="appointments" id={id}>
          card
        </UpdateHighlight>
      </>
    )
    const view = await show(glowing('first'))
    const highlight = () => view.container.querySelector('.derm-highlight')!.getAttribute('data-highlight')
    emit('appointment:checkedin', { subject: { id } })
    await pass(2300)
    expect(highlight()).not.toBeNull()
    await pass(200)
    expect(highlight()).toBeNull()
    view.unmount()
    expect((await show(glowing('second'))).container.querySelector('[data-highlight]')).toBeNull()
  })

  it('render on a server, and touch neither network nor page there', () => {
    const connect = vi.fn()
    const quiet = createTestRealtime({
      queryClient: new QueryClient(),
      transport: { connect, disconnect() {}, request() {} },
    })
    const html = renderToString(
      <RealtimeProvider realtime={quiet}>
        <RealtimeWrapper>
          <RealtimeIndicator />
          <TodaysAppointments />
        </RealtimeWrapper>
      </RealtimeProvider>,
    )
    expect(html).toContain('Not connected')
    expect(connect).not.toHaveBeenCalled()
  })
})

describe('[INV27] “Everything was read again”', () => {
  const note = () => document.querySelector('[data-banner="resync"]')
  const list = live(({ fetch }) => fetch('/appointments').then((response) => response.json() as Promise<unknown>))
  function List() {
    useQuery({ queryKey: ['appointments'], queryFn: list })
    return null
  }
  async function showList(children: ReactNode = <List />) {
    const api = new FakeApi(`l:${HERE}/scheduling`)
    vi.stubGlobal('fetch', api.fetch)
    await show(
      <QueryClientProvider client={realtime.queryClient}>
        <RealtimeWrapper>{children}</RealtimeWrapper>
      </QueryClientProvider>,
    )
    await pass(500)
    return api
  }
  function resync(api: FakeApi) {
    api.position = { ...api.position, seq: api.position.seq + 1 }
    act(() => realtime.resync())
  }
  afterEach(() => void vi.unstubAllGlobals())

  it('comes with the last answer, and not before', async () => {
    const api = await showList()
    api.latencyMs = 2500
    resync(api)
    await pass(2400)
    expect(note()).toBeNull()
    await pass(1500)
    expect(note()).not.toBeNull()
    await pass(5500)
    expect(note()).toBeNull()
  })

  it('does not come while reads fail', async () => {
    const api = await showList()
    api.failures = Array.from({ length: 1000 }, () => 503)
    resync(api)
    await pass(20_000)
    expect(note()).toBeNull()
    expect(screen.getByRole('alert').textContent).toContain('could not be read again')
    api.failures = []
    // After the last one's back-off.
    for (let i = 0; i < 40 && !note(); i++) await pass(1000)
    expect(note()).not.toBeNull()
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('does not come when nothing was read', async () => {
    function Listener() {
      useAppointmentUpdates()
      return null
    }
    const api = await showList(<Listener />)
    expect(realtime.cursors().size).toBe(1)
    resync(api)
    await pass(5000)
    expect(note()).toBeNull()
  })
})

describe('useFreshness', () => {
  it('[INV21] tells of one query: current, or since when not, and why', async () => {
    const api = new FakeApi(`l:${HERE}/scheduling`)
    vi.stubGlobal('fetch', api.fetch)
    function Label() {
      useQuery({
        queryKey: ['appointments'],
        queryFn: live(({ fetch }) => fetch('/appointments').then((response) => response.json() as Promise<unknown>)),
      })
      const freshness = useFreshness(['appointments'])
      return <p>{freshness.current ? 'current' : `${freshness.why} ${freshness.since}`}</p>
    }
    const view = await show(
      <QueryClientProvider client={realtime.queryClient}>
        <Label />
      </QueryClientProvider>,
    )
    const label = () => view.container.textContent
    expect(label()).toContain('loading')
    await pass(500)
    expect(label()).toBe('current')
    const at = Date.now()
    act(() => realtime.disconnect())
    expect(label()).toBe(`disconnected ${at}`)
    vi.unstubAllGlobals()
  })
})

describe('[SUB22] what is denied', () => {
  it('reaches the hook: what a limit leaves out, until it is served', async () => {
    realtime.limit(2)
    const denied: unknown[] = []
    function Listener() {
      denied.push(usePatientUpdates().denied)
      return null
    }
    await show(<Listener />)
    expect(denied.at(-1)).toEqual([{ topic: 'accounts', code: 'too_many_channels' }])
    const renders = denied.length
    realtime.limit(Infinity)
    act(() => realtime.disconnect())
    realtime.reconnect()
    await pass(20_000)
    expect(denied.at(-1)).toEqual([])
    expect(denied).toHaveLength(renders + 1)
  })
})

it('[INV25] the indicator and the wrapper say how often it is checked instead', async () => {
  const api = new FakeApi(`l:${HERE}/scheduling`)
  vi.stubGlobal('fetch', api.fetch)
  realtime.disconnect()
  function List() {
    useQuery({
      queryKey: ['appointments'],
      queryFn: live(({ fetch }) => fetch('/appointments').then((response) => response.json() as Promise<unknown>)),
    })
    return <RealtimeIndicator />
  }
  await show(
    <QueryClientProvider client={realtime.queryClient}>
      <RealtimeWrapper>
        <List />
      </RealtimeWrapper>
    </QueryClientProvider>,
  )
  await pass(8000)
  expect(document.querySelector('.derm-indicator')!.textContent).toMatch(/Delayed since .+, checking every 5 s/)
  expect(screen.getByRole('alert').textContent).toContain('We check for them every 5 seconds')
  vi.unstubAllGlobals()
})
