import { createServer } from 'node:http'
import { ADAPTER_KEY, DOWN, EVENT_TYPES, tenantRoom, userRoom, type EventEnvelope } from '@derm/contract'
import type { Signer } from '@derm/core'
import { createSigner, openMessages, sealPublishing } from '@derm/core/redis'
import { getSeedIds } from '@derm/database'
import {
  connectClient,
  scrapeMetric,
  signIn,
  startStack,
  waitUntil,
  type RecordingClient,
  type Stack,
} from '@derm/test-kit'
import { parseSecretList, type SecretList } from '@derm/runtime'
import { Emitter, RESERVED_EVENTS } from '@socket.io/redis-emitter'
import { createAdapter } from '@socket.io/redis-adapter'
import { Redis } from 'ioredis'
import { Server } from 'socket.io'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

const { lakeside, summit } = getSeedIds()
const emailOf = (key: string) => lakeside.users[key]!.email
const downtown = lakeside.locations['downtown']!
const north = lakeside.locations['north']!
const channelOf = (location: string) => `${lakeside.tenantId}/l:${location}/scheduling`
let stack: Stack
let secrets: SecretList
let signer: Signer
/** Whoever has a connection to Redis. */
let outside: Redis
const open: RecordingClient[] = []

beforeAll(async () => {
  stack = await startStack({ apis: 1, nodes: 2, env: { FAULT_THROWING_HANDLERS: '1', HEADS_EVERY_MS: '900' } })
  secrets = parseSecretList(stack.secrets.eventSigningSecret)
  signer = createSigner(secrets, 'adapter')
  outside = new Redis(stack.redis.url)
})
afterAll(() => {
  outside?.disconnect()
  return stack?.stop()
})
afterEach(() => {
  for (const client of open.splice(0)) client.socket.disconnect()
})

const login = (email: string) => signIn(stack.apis[0]!.url, stack.origin, email)
async function connect(node: number, accessToken: string): Promise<RecordingClient> {
  const client = await connectClient({ url: stack.nodes[node]!.url, origin: stack.origin, token: accessToken })
  open.push(client)
  return client
}
async function call(
  token: string,
  method: string,
  path: string,
  body: unknown = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  const response = await fetch(`${stack.apis[0]!.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
      origin: stack.origin,
      ...headers,
    },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response
}
/** A change at a location: an entry of its waitlist. */
const change = (token: string, locationId: string) =>
  call(token, 'POST', '/waitlist', {
    locationId,
    patientId: lakeside.patientIds[0],
    type: 'biopsy',
    earliestDate: '2026-01-01',
  })
const closedWith = (client: RecordingClient) =>
  (client.frames.find(({ name }) => name === 'closing')?.body as { code: string } | undefined)?.code

describe('an event', () => {
  it('[REC1] reaches sockets on both nodes, and nobody of another tenant or location', async () => {
    const owner = await login(emailOf('owner'))
    const inside = [await connect(0, owner.accessToken), await connect(1, owner.accessToken)]
    const elsewhere = await connect(0, (await login(emailOf('frontdesk.north'))).accessToken)
    const stranger = await connect(1, (await login(summit.users['owner']!.email)).accessToken)
    for (const client of [...inside, elsewhere, stranger])
      await client.subscribe([{ topic: 'scheduling' }, { topic: 'patients' }])
    await change(owner.accessToken, downtown.id)
    await change(owner.accessToken, north.id)
    for (const client of inside) await waitUntil(() => client.events.length === 2, { what: 'both events' })
    // The other location's own event comes after it: whatever would have come, has.
    await waitUntil(() => elsewhere.events.length > 0, { what: 'the other location’s own event' })
    expect(elsewhere.events.map(({ channel }) => channel)).toEqual([channelOf(north.id)])
    expect(stranger.frames.filter(({ name }) => name !== 'heads' && name !== 'feed')).toEqual([])
    expect(JSON.stringify(stranger.frames)).not.toContain(lakeside.tenantId)
  })
})

describe('heads', () => {
  it('[SUB7] come to each client, again and again, for what it holds and nothing else', async () => {
    const owner = await login(emailOf('owner'))
    const many = await Promise.all(Array.from({ length: 8 }, () => connect(0, owner.accessToken)))
    const other = await connect(0, (await login(emailOf('frontdesk.north'))).accessToken)
    for (const client of many)
      await client.subscribe([
        { topic: 'scheduling', location: downtown.id },
        { topic: 'scheduling', location: north.id },
      ])
    await other.subscribe([{ topic: 'scheduling', location: north.id }])
    const headsOf = (client: RecordingClient) =>
      client.frames.flatMap(({ name, body }) =>
        name === 'heads' ? [(body as { channels: { channel: string; seq: number }[] }).channels] : [],
      )
    for (let round = 0; round < 2; round++) {
      await change(owner.accessToken, downtown.id)
      for (const client of many) {
        await waitUntil(() => client.events.length === round + 1, { what: 'the event' })
        const { channel, seq } = client.events.at(-1)!
        await waitUntil(
          () => headsOf(client).some((heads) => heads.some((head) => head.channel === channel && head.seq === seq)),
          { what: 'heads that reach the event' },
        )
      }
      const told = headsOf(other).length
      await waitUntil(() => headsOf(other).length > told, { what: 'heads where nothing happened' })
    }
    // The joins of one request need not end together.
    const channelsOf = (client: RecordingClient) => headsOf(client).map((heads) => heads.map(({ channel }) => channel))
    const both = [channelOf(downtown.id), channelOf(north.id)].sort()
    for (const client of many) {
      for (const channel of channelsOf(client).flat()) expect(both).toContain(channel)
      expect(channelsOf(client).at(-1)!.sort()).toEqual(both)
    }
    for (const channels of channelsOf(other)) expect(channels).toEqual([channelOf(north.id)])
  })
})

describe('the adapter', () => {
  it('[SES5] carries `io.to(room).emit()` to a plain client on whichever node', async () => {
    const { accessToken } = await login(emailOf('provider'))
    const clients = [await connect(0, accessToken), await connect(1, accessToken)]
    const emitter = new Emitter(sealPublishing(outside, signer), { key: ADAPTER_KEY })
    emitter.to(tenantRoom(lakeside.tenantId)).emit('app:notice', { text: 'lunch' })
    for (const client of clients)
      await waitUntil(() => client.frames.some(({ name }) => name === 'app:notice'), { what: 'the notice' })
  })

  it('[SES5] carries disconnectSockets() to whichever node', async () => {
    const { accessToken } = await login(emailOf('provider'))
    const client = await connect(1, accessToken)
    const room = userRoom(lakeside.tenantId, lakeside.users['provider']!.id)
    new Emitter(sealPublishing(outside, signer), { key: ADAPTER_KEY }).in(room).disconnectSockets(true)
    await waitUntil(() => !client.socket.connected, { what: 'the end of the socket' })
  })

  /** Publishes, and lets a message that counts follow: once it has come, what was published before it has been dealt with. */
  async function afterNotice(client: RecordingClient, publish: (room: string) => void): Promise<string[]> {
    const room = tenantRoom(lakeside.tenantId)
    publish(room)
    const text = crypto.randomUUID()
    new Emitter(sealPublishing(outside, signer), { key: ADAPTER_KEY }).to(room).emit('app:notice', { text })
    await waitUntil(() => client.frames.some(({ body }) => (body as { text?: string }).text === text), {
      what: 'the notice',
    })
    return client.frames.map(({ name }) => name).filter((name) => name !== 'feed' && name !== 'heads')
  }

  it('[SEC25] carries nothing that no server of ours sealed, and nothing twice', async () => {
    const client = await connect(0, (await login(emailOf('provider'))).accessToken)
    const refused = () => scrapeMetric(stack.nodes[0]!.adminUrl, 'derm_foreign_messages_total')
    const before = await refused()
    const stranger = createSigner(parseSecretList('a secret of somebody else and of 32 characters'), 'adapter')
    const ofEvents = createSigner(secrets, 'event log')
    const heard: { name: string; bytes: Buffer }[] = []
    const listening = outside.duplicate()
    await listening.psubscribe(`${ADAPTER_KEY}#*`)
    listening.on('pmessageBuffer', (_pattern: unknown, name: unknown, bytes: Buffer) =>
      heard.push({ name: String(name), bytes }),
    )
    const forgers = [outside, sealPublishing(outside, stranger), sealPublishing(outside, ofEvents)]
    try {
      const names = await afterNotice(client, (room) => {
        for (const forger of forgers) {
          const emitter = new Emitter(forger, { key: ADAPTER_KEY })
          emitter.to(room).emit('app:forged', {})
          emitter.emit('app:forged', {})
          emitter.in(room).disconnectSockets(true)
          emitter.serverSideEmit('sockets:end', { code: 'access_revoked', userId: lakeside.users['provider']!.id })
        }
      })
      expect(names).toEqual(['app:notice'])
      expect(client.socket.connected).toBe(true)
      expect((await refused()) - before).toBe(forgers.length * 4)
      // A true one again, under its own name and another.
      const [{ name, bytes }] = heard.slice(-1) as [(typeof heard)[0]]
      const again = await afterNotice(client, () => {
        void outside.publish(name, bytes)
        void outside.publish(`${ADAPTER_KEY}#/#`, bytes)
      })
      expect(again).toEqual(['app:notice', 'app:notice'])
      expect((await refused()) - before).toBe(forgers.length * 4 + 2)
    } finally {
      listening.disconnect()
    }
  })

  it('[SEC26] never carries the names of events and of the protocol, though they are sealed', async () => {
    const client = await connect(0, (await login(emailOf('provider'))).accessToken)
    const names = [...EVENT_TYPES, ...Object.keys(DOWN), 'connect_error', 'disconnect'].filter(
      (name) => name !== 'event',
    )
    const heard = await afterNotice(client, (room) => {
      const sealed = sealPublishing(outside, signer)
      for (const name of names) {
        const packet = { type: 2, data: [name, { code: 'access_revoked' }], nsp: '/' }
        const emitter = new Emitter(sealed, { key: ADAPTER_KEY })
        if (!RESERVED_EVENTS.has(name)) emitter.to(room).emit(name, { code: 'access_revoked' })
        const request = { type: 7, requestId: name, uid: 'x', packet, opts: { rooms: [room], except: [], flags: {} } }
        void sealed.publish(`${ADAPTER_KEY}-request#/#`, JSON.stringify(request))
      }
    })
    expect(heard).toEqual(['app:notice'])
    expect(client.socket.connected).toBe(true)
  })

  it('[SEC26] refuses to emit them to a room', async () => {
    const client = await connect(0, (await login(emailOf('provider'))).accessToken)
    const thrown = () => scrapeMetric(stack.nodes[0]!.adminUrl, 'derm_handler_errors_total')
    const before = await thrown()
    client.socket.emit('fault:emit', { room: tenantRoom(lakeside.tenantId), name: 'resync' })
    await waitUntil(async () => (await thrown()) === before + 1, { what: 'the refusal' })
    expect(client.frames.map(({ name }) => name)).not.toContain('resync')
  })

  it('[SES5] carries a room’s emit of one node to the other', async () => {
    const { accessToken } = await login(emailOf('provider'))
    const client = await connect(1, accessToken)
    const other = await connect(0, accessToken)
    other.socket.emit('fault:emit', { room: tenantRoom(lakeside.tenantId) })
    await waitUntil(() => client.frames.some(({ name }) => name === 'fault:emitted'), {
      what: 'what the other node emitted',
    })
  })
})

describe('what a socket came with', () => {
  it('[SEC8] is kept from whoever asks the nodes for their sockets through Redis', async () => {
    const { accessToken } = await login(emailOf('provider'))
    await connect(0, accessToken)
    await connect(1, accessToken)
    const [pub, sub] = [outside.duplicate(), outside.duplicate()]
    const adapter = createAdapter(
      sealPublishing(pub, signer),
      openMessages(sub, signer, () => {}),
      { key: ADAPTER_KEY },
    )
    const asking = new Server(createServer(), { adapter })
    try {
      let sockets: { handshake: object; data: unknown }[] = []
      // Its own subscription to the answers may still be under way.
      await waitUntil(async () => (sockets = await asking.fetchSockets().catch(() => [])).length === 2, {
        what: 'both nodes’ sockets',
      })
      const told = JSON.stringify(sockets.map(({ handshake, data }) => ({ handshake, data })))
      expect(told).not.toContain(accessToken)
      for (const secret of [stack.origin, lakeside.users['provider']!.id]) expect(told).not.toContain(secret)
    } finally {
      await asking.close()
      pub.disconnect()
      sub.disconnect()
    }
  })
})

describe('access', () => {
  it('[SEC6] a sign-out closes that session’s sockets on every node, and no other’s', async () => {
    const session = await login(emailOf('frontdesk'))
    const other = await login(emailOf('frontdesk'))
    const ending = [await connect(0, session.accessToken), await connect(1, session.accessToken)]
    const staying = await connect(0, other.accessToken)
    await call(session.accessToken, 'POST', '/auth/logout', {}, { cookie: session.cookie })
    for (const client of ending) {
      await waitUntil(() => !client.socket.connected, { what: 'the session’s sockets to be closed' })
      expect(closedWith(client)).toBe('session_ended')
    }
    expect(staying.socket.connected).toBe(true)
    await expect(connect(0, session.accessToken)).rejects.toMatchObject({ code: 'session_ended' })
  })

  it('[SEC2] narrower grants remove channels from live sockets on both nodes before anything else', async () => {
    const owner = await login(emailOf('owner'))
    const userId = lakeside.users['frontdesk']!.id
    const grants = (locationIds: string[]) => ({
      grants: locationIds.map((locationId) => ({ role: 'front_desk', locationId })),
    })
    await call(owner.accessToken, 'PATCH', `/admin/users/${userId}/grants`, grants([downtown.id, north.id]))
    const { accessToken } = await login(emailOf('frontdesk'))
    const clients = [await connect(0, accessToken), await connect(1, accessToken)]
    for (const client of clients) await client.subscribe([{ topic: 'scheduling' }])
    await call(owner.accessToken, 'PATCH', `/admin/users/${userId}/grants`, grants([north.id]))
    for (const client of clients) {
      await waitUntil(() => client.frames.some(({ name }) => name === 'access:changed'), { what: 'access:changed' })
      expect(client.frames.find(({ name }) => name === 'access:changed')!.body).toEqual({
        added: [],
        removed: [channelOf(downtown.id)],
      })
    }
    await change(owner.accessToken, downtown.id)
    await change(owner.accessToken, north.id)
    for (const client of clients) {
      await waitUntil(() => client.events.length > 0, { what: 'the event that may be seen' })
      expect(client.events.map((event: EventEnvelope) => event.channel)).toEqual([channelOf(north.id)])
    }
    await call(owner.accessToken, 'PATCH', `/admin/users/${userId}/grants`, grants([downtown.id, north.id]))
    const addedTo = (client: RecordingClient) =>
      (client.frames.findLast(({ name }) => name === 'access:changed')!.body as { added: string[] }).added
    for (const client of clients)
      await waitUntil(() => addedTo(client).includes(channelOf(downtown.id)), { what: 'the channel to be given back' })
  })

  it('[SES11] a location that was asked for by its name is announced when it is granted, or granted again', async () => {
    const owner = await login(emailOf('owner'))
    const userId = lakeside.users['frontdesk']!.id
    const grant = (locationIds: string[]) =>
      call(owner.accessToken, 'PATCH', `/admin/users/${userId}/grants`, {
        grants: locationIds.map((locationId) => ({ role: 'front_desk', locationId })),
      })
    await grant([downtown.id])
    const { accessToken } = await login(emailOf('frontdesk'))
    const client = await connect(0, accessToken)
    const ack = await client.subscribe([downtown, north].map(({ id }) => ({ topic: 'scheduling', location: id })))
    expect(ack).toMatchObject({
      ok: true,
      channels: [{ channel: channelOf(downtown.id) }],
      denied: [{ location: north.id }],
    })
    const changes = () => client.frames.filter(({ name }) => name === 'access:changed').map(({ body }) => body)
    const turns = [
      { grants: [downtown.id, north.id], said: { added: [channelOf(north.id)], removed: [] } },
      { grants: [north.id], said: { added: [channelOf(north.id)], removed: [channelOf(downtown.id)] } },
      { grants: [downtown.id, north.id], said: { added: [downtown.id, north.id].map(channelOf), removed: [] } },
    ]
    for (const [i, { grants, said }] of turns.entries()) {
      await grant(grants)
      await waitUntil(() => changes().length > i, { what: `change ${i + 1}` })
      expect(changes()[i]).toEqual(said)
    }
    // What was let go is not announced any more.
    client.socket.emit('unsubscribe', { channels: [channelOf(north.id)] })
    await grant([north.id])
    await grant([downtown.id, north.id])
    await waitUntil(() => changes().length > 3, { what: 'the last change' })
    expect(changes()[3]).toEqual({ added: [channelOf(downtown.id)], removed: [] })
    // No answer to this may say again what it gives.
    await client.subscribe([{ topic: 'scheduling' }])
    await grant([downtown.id])
    await waitUntil(() => changes().length > 4, { what: 'what is taken' })
    expect(changes()[4]).toEqual({ added: [], removed: [channelOf(north.id)] })
  })

  it('[SEC3] a revocation is found without the adapter’s message too', async () => {
    const { accessToken } = await login(emailOf('ma'))
    const clients = [await connect(0, accessToken), await connect(1, accessToken)]
    // Past the API, which would send it.
    await stack.query('UPDATE user_access SET active = false, version = version + 1 WHERE user_id = $1', [
      lakeside.users['ma']!.id,
    ])
    for (const client of clients) {
      await waitUntil(() => !client.socket.connected, { what: 'the sockets to be closed' })
      expect(closedWith(client)).toBe('access_revoked')
    }
    await expect(connect(1, accessToken)).rejects.toMatchObject({ code: 'access_revoked' })
    expect(await scrapeMetric(stack.nodes[0]!.adminUrl, 'derm_revocations_total')).toBeGreaterThan(0)
  })

  it('[SEC2] a revoked user is out on both nodes', async () => {
    const owner = await login(emailOf('owner'))
    const { accessToken } = await login(emailOf('biller'))
    const clients = [await connect(0, accessToken), await connect(1, accessToken)]
    await call(owner.accessToken, 'POST', `/admin/users/${lakeside.users['biller']!.id}/revoke`)
    for (const client of clients) {
      await waitUntil(() => !client.socket.connected, { what: 'the sockets to be closed' })
      expect(closedWith(client)).toBe('access_revoked')
    }
  })

  it('[SES6] a token of another session or user does not refresh a socket', async () => {
    const mine = await login(emailOf('provider'))
    const client = await connect(0, mine.accessToken)
    const refresh = (token: unknown) => client.socket.timeout(5000).emitWithAck('auth:refresh', { token })
    expect(await refresh((await login(emailOf('provider'))).accessToken)).toMatchObject({
      ok: false,
      code: 'token_invalid',
    })
    expect(await refresh((await login(emailOf('owner'))).accessToken)).toMatchObject({
      ok: false,
      code: 'token_invalid',
    })
    expect(await refresh('garbage')).toMatchObject({ ok: false, code: 'token_invalid' })
    expect(await refresh(7)).toMatchObject({ ok: false, code: 'validation_failed' })
    expect(await refresh(mine.accessToken)).toEqual({ ok: true })
  })
})

describe('what a node counts', () => {
  const metrics = async (node: number) => {
    const text = await (await fetch(`${stack.nodes[node]!.adminUrl}/metrics`)).text()
    return text.split('\n').filter((line) => line && !line.startsWith('#'))
  }

  it('is all there from the start, also what never happened', async () => {
    const present = new Set((await metrics(1)).map((line) => /^\w+/.exec(line)![0]))
    for (const name of [
      'connections',
      'subscriptions',
      'channels',
      'deliveries_total',
      'commit_to_delivery_seconds_bucket',
      'gaps_found_total',
      'gaps_repaired_total',
      'repaired_events_total',
      'recoveries_total',
      'recovery_events_bucket',
      'resyncs_total',
      'slow_consumers_ended_total',
      'handshakes_refused_total',
      'packets_refused_total',
      'sockets_closed_total',
      'revocations_total',
      'revocation_seconds_bucket',
      'access_confirmation_age_seconds',
      'handler_errors_total',
      'foreign_messages_total',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect([...present], name).toContain(`derm_${name}`)
  })

  it('counts what happened, and names nobody', async () => {
    const { accessToken } = await login(emailOf('provider'))
    const { adminUrl } = stack.nodes[0]!
    const scrape = (name: string) => scrapeMetric(adminUrl, `derm_${name}`)
    const before = {
      deliveries: await scrape('deliveries_total'),
      seconds: await scrape('commit_to_delivery_seconds_sum'),
    }
    const client = await connect(0, accessToken)
    expect(await scrape('connections')).toBe(1)
    await client.subscribe([{ topic: 'scheduling', location: downtown.id }])
    await waitUntil(async () => (await scrape('subscriptions')) === 1, { what: 'the subscription to be counted' })
    expect(await scrape('channels')).toBeGreaterThan(0)
    await change((await login(emailOf('owner'))).accessToken, downtown.id)
    await waitUntil(() => client.events.length === 1, { what: 'the event' })
    expect(await scrape('deliveries_total')).toBe(before.deliveries + 1)
    const seconds = (await scrape('commit_to_delivery_seconds_sum')) - before.seconds
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThan(10)
    expect(await scrape('revocation_seconds_count')).toBeGreaterThan(0)
    expect(await scrape('revocations_total')).toBeGreaterThan(0)
    const lines = (await metrics(0)).join('\n')
    for (const secret of [lakeside.tenantId, downtown.id, lakeside.users['provider']!.id, emailOf('provider')])
      expect(lines).not.toContain(secret)
  })
})
