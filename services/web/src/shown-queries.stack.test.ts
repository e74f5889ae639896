import { RESOURCE_NAMES, type Appointment } from '@derm/contract'
import { getSeedIds } from '@derm/database'
import { createRealtime, createSocketTransport, live, type RealtimeOptions, type ResourceKeys } from '@derm/react'
import {
  addSigningKey,
  claimsOf,
  connectClient,
  createForge,
  signIn,
  startStack,
  waitUntil,
  type Stack,
} from '@derm/test-kit'
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startPrefixProxy } from './testing/prefix-proxy.ts'

const { lakeside } = getSeedIds()
const downtown = lakeside.locations['downtown']!
const north = lakeside.locations['north']!

let stack: Stack
let api: string
let token: string
const undo: (() => unknown)[] = []
beforeAll(async () => {
  stack = await startStack({ apis: 1, nodes: 1 })
  api = stack.apis[0]!.url
  token = (await signIn(api, stack.origin, lakeside.users['owner']!.email)).accessToken
})
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})
afterAll(() => stack?.stop())

/** A client of the real API and a real node. No hook, no `retain`: only what is shown. */
function createClient(options: Partial<RealtimeOptions> = {}) {
  const queryClient = new QueryClient()
  const url = options.url ?? stack.nodes[0]!.url
  const realtime = createRealtime({
    queryClient,
    url,
    apiUrl: api,
    getToken: async () => token,
    refreshToken: async () => token,
    resources: Object.fromEntries(RESOURCE_NAMES.map((name) => [name, [[name]]])) as unknown as ResourceKeys,
    transport: createSocketTransport(url, { origin: stack.origin }),
    ...options,
  })
  undo.push(
    () => queryClient.clear(),
    () => realtime.dispose(),
  )
  const show = <Data>(queryKey: unknown[], queryFn: ReturnType<typeof live<Data>>) => {
    const observer = new QueryObserver<Data, Error, Data, Data, unknown[]>(queryClient, { queryKey, queryFn })
    undo.push(observer.subscribe(() => {}))
    return observer
  }
  return {
    realtime,
    show,
    showAppointment: (id: string) =>
      show<Appointment>(
        ['appointments', id],
        live(async ({ fetch }) => {
          const response = await fetch(`/api/v1/appointments/${id}`)
          if (!response.ok) throw new Error(String(response.status))
          return (await response.json()) as Appointment
        }),
      ),
    isLive: () => waitUntil(() => realtime.getConnection().status === 'live', { what: 'the view to be live' }),
  }
}

async function change(path: string, version?: number, body: unknown = {}): Promise<Appointment> {
  const response = await fetch(`${api}/api/v1/appointments${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
      origin: stack.origin,
      ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
    },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()) as Appointment
}

let hour = 0
function book(location: typeof downtown): Promise<Appointment> {
  const start = Date.UTC(2028, 2, 1) + hour++ * 3_600_000
  return change('', undefined, {
    locationId: location.id,
    providerId: location.providerIds[0],
    patientId: lakeside.patientIds[0],
    type: 'follow_up',
    startsAt: new Date(start).toISOString(),
    endsAt: new Date(start + 900_000).toISOString(),
  })
}

const hasStatus = (observer: QueryObserver<Appointment, Error, Appointment, Appointment, unknown[]>, status: string) =>
  waitUntil(() => observer.getCurrentResult().data?.status === status, { what: `the view to show ${status}` })

describe('against the real API', () => {
  it('[INV20] a shown query follows others’ changes without a hook, and holds only its own location', async () => {
    const { realtime, showAppointment, isLive } = createClient()
    undo.push(realtime.start())
    const { id, version } = await book(downtown)
    const view = showAppointment(id)
    await hasStatus(view, 'scheduled')
    await isLive()
    await change(`/${id}/check-in`, version)
    await hasStatus(view, 'checked_in')
    await waitUntil(() => [...realtime.cursors().keys()].every((channel) => !channel.includes(north.id)), {
      what: 'the other locations to be let go',
      timeoutMs: 45_000,
    })
    expect([...realtime.cursors().keys()].some((channel) => channel.includes(downtown.id))).toBe(true)
  })

  it('[INV25] the realtime tier is unreachable: positions arrive over HTTP', async () => {
    const { realtime, showAppointment } = createClient({ url: 'http://127.0.0.1:9', checks: { everyMs: 1000 } })
    undo.push(realtime.start())
    const { id, version } = await book(downtown)
    const view = showAppointment(id)
    await hasStatus(view, 'scheduled')
    await waitUntil(() => realtime.getConnection().checkingMs === 1000, { what: 'the checks' })
    expect(realtime.getConnection().status).toBe('delayed')
    await change(`/${id}/check-in`, version)
    await hasStatus(view, 'checked_in')
  })

  it('[INV26] a 304 is noted as a 200: ten events of another location cost no request', async () => {
    const { realtime, show, isLive } = createClient()
    undo.push(realtime.start(), realtime.retain({ topic: 'scheduling', location: north.id }))
    const { id } = await book(downtown)
    let tag = ''
    let last: Appointment | undefined
    const statuses: number[] = []
    const view = show<Appointment>(
      ['appointments', id],
      live(async ({ fetch }) => {
        const response = await fetch(`/api/v1/appointments/${id}`, { headers: tag ? { 'if-none-match': tag } : {} })
        statuses.push(response.status)
        if (response.status === 304) return last!
        tag = response.headers.get('etag')!
        return (last = (await response.json()) as Appointment)
      }),
    )
    await hasStatus(view, 'scheduled')
    await isLive()
    // Another appointment of its own location: read again, and not modified.
    await book(downtown)
    await waitUntil(() => statuses.length > 1 && realtime.isCurrent(), { what: 'the second read' })
    expect(statuses.at(-1)).toBe(304)
    const count = statuses.length
    const heard: string[] = []
    undo.push(realtime.onEvent(({ locationId }) => heard.push(locationId!)))
    for (let i = 0; i < 10; i++) await book(north)
    await waitUntil(() => heard.filter((location) => location === north.id).length === 10, { what: 'the events' })
    expect(realtime.isCurrent()).toBe(true)
    expect(statuses).toHaveLength(count)
  })

  it('[SUB20] [SUB24] forty reads with a token that is not valid: one renewal, and all are answered', async () => {
    let current = 'not.a.token'
    let renewals = 0
    const { realtime } = createClient({
      getToken: async () => current,
      async refreshToken() {
        renewals++
        return (current = token)
      },
    })
    const reads = Array.from({ length: 40 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, 5 * i))
      return (await realtime.fetch('/api/v1/locations')).status
    })
    expect(new Set(await Promise.all(reads))).toEqual(new Set([200]))
    expect(renewals).toBe(1)
    // And the socket comes with the renewed one.
    undo.push(realtime.start())
    await waitUntil(() => realtime.getConnection().status === 'live', { what: 'the connection' })
    expect(renewals).toBe(1)
  })

  it('[OPS2] [SUB20] [SUB24] its token’s key is withdrawn: it renews once, and is never live over stale data', async () => {
    const withdraw = addSigningKey(stack.secrets.signingKeysFile)
    undo.push(withdraw)
    let current = createForge(stack.secrets.signingKeysFile).sign(claimsOf(token))
    const isTaken = async () => {
      const { status } = await fetch(`${api}/api/v1/locations`, { headers: { authorization: `Bearer ${current}` } })
      const { socket } = await connectClient({ url: stack.nodes[0]!.url, origin: stack.origin, token: current })
      socket.disconnect()
      return status === 200
    }
    await waitUntil(isTaken, { what: 'the key to be known', everyMs: 500 })
    let renewals = 0
    const { realtime, show, isLive } = createClient({
      getToken: async () => current,
      async refreshToken() {
        renewals++
        return (current = token)
      },
    })
    undo.push(realtime.start())
    const { id, version } = await book(downtown)
    /** When the newest read began that was answered. */
    let readAt = 0
    const view = show<Appointment>(
      ['appointments', id],
      live(async ({ fetch: read }) => {
        const at = Date.now()
        const response = await read(`/api/v1/appointments/${id}`)
        if (!response.ok) throw new Error(String(response.status))
        readAt = at
        return (await response.json()) as Appointment
      }),
    )
    await hasStatus(view, 'scheduled')
    await isLive()
    expect(renewals).toBe(0)
    withdraw()
    const until = Date.now() + 35_000
    while (renewals === 0 && Date.now() < until) {
      await book(downtown)
      const changedAt = Date.now()
      await waitUntil(() => readAt >= changedAt - 1000 || realtime.getConnection().status !== 'live', {
        what: 'the view to be read again, or to be no longer live',
      })
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
    await change(`/${id}/check-in`, version)
    await hasStatus(view, 'checked_in')
    await isLive()
    // Once, for the socket and all reads.
    await waitUntil(() => current === token, { what: 'the renewal' })
    expect(renewals).toBe(1)
  })

  it('[OPS1] [SUB20] a session that was invented ends the client: nothing is shown, and it was never live', async () => {
    const invented = createForge(stack.secrets.signingKeysFile).sign({ ...claimsOf(token), sid: crypto.randomUUID() })
    let renewals = 0
    const { realtime, showAppointment } = createClient({
      getToken: async () => invented,
      async refreshToken() {
        renewals++
        return invented
      },
    })
    const told: string[] = []
    undo.push(realtime.onConnection(() => told.push(realtime.getConnection().status)))
    const { id } = await book(downtown)
    undo.push(realtime.start())
    const view = showAppointment(id)
    await waitUntil(() => realtime.getConnection().status === 'stopped', { what: 'the connection to be ended' })
    expect(realtime.getConnection()).toMatchObject({ code: 'session_ended' })
    expect((await realtime.fetch('/api/v1/locations')).status).toBe(401)
    expect(view.getCurrentResult().data).toBeUndefined()
    expect(told).not.toContain('live')
    expect(renewals).toBe(0)
  })

  it('[SUB23] the token goes nowhere else', async () => {
    const { realtime } = createClient()
    await expect(realtime.fetch(`${stack.nodes[0]!.url}/api/v1/me`)).rejects.toThrow(TypeError)
    await expect(realtime.fetch('//elsewhere.example/api')).rejects.toThrow(TypeError)
  })

  it('[SUB25] below a path: the API, the socket and the changes of others', async () => {
    const door = await startPrefixProxy('/derm', { api, node: stack.nodes[0]!.url })
    undo.push(door.stop)
    const { realtime, showAppointment, isLive } = createClient({ url: `${door.url}/`, apiUrl: door.url })
    undo.push(realtime.start())
    const { id, version } = await book(downtown)
    const view = showAppointment(id)
    await hasStatus(view, 'scheduled')
    await isLive()
    await change(`/${id}/check-in`, version)
    await hasStatus(view, 'checked_in')
  })
})
