import type { Socket as NetSocket } from 'node:net'
import { getSeedIds } from '@derm/database'
import {
  connectClient,
  createEventWriter,
  scrapeMetric,
  signIn,
  startStack,
  waitUntil,
  type EventWriter,
  type RecordingClient,
  type Stack,
  claimsOf,
  createForge,
} from '@derm/test-kit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

const { lakeside } = getSeedIds()
const downtown = lakeside.locations['downtown']!.id
const MAX_AGE_MS = 1500
let stack: Stack
let writer: EventWriter
const open: RecordingClient[] = []

beforeAll(async () => {
  stack = await startStack({
    apis: 1,
    nodes: 2,
    env: { ACCESS_MAX_AGE_MS: String(MAX_AGE_MS), ACCESS_CHECK_MS: '300', MAX_BUFFERED_BYTES: '65536' },
  })
  writer = createEventWriter({
    apiUrl: stack.databases.apiUrl,
    tenantId: lakeside.tenantId,
    locationId: downtown,
    actorId: lakeside.users['owner']!.id,
  })
})
afterAll(async () => {
  await writer?.stop()
  await stack?.stop()
})
afterEach(() => {
  for (const client of open.splice(0)) client.socket.disconnect()
})

const login = async (key: string) =>
  (await signIn(stack.apis[0]!.url, stack.origin, lakeside.users[key]!.email)).accessToken
async function connect(node: number, token: string): Promise<RecordingClient> {
  const client = await connectClient({ url: stack.nodes[node]!.url, origin: stack.origin, token })
  open.push(client)
  return client
}
/** What a client was told of its node, `late` or `in time`, each once for all repetitions in a row. */
const feeds = (client: RecordingClient) =>
  client.frames
    .filter(({ name }) => name === 'feed')
    .map(({ body }) => ((body as { isLate: boolean }).isLate ? 'late' : 'in time'))
    .filter((word, i, all) => word !== all[i - 1])
const bodyOf = (client: RecordingClient, name: string) =>
  client.frames.find((frame) => frame.name === name)?.body as Record<string, unknown> | undefined

describe('a token', () => {
  it('[SES6] that ends soon is announced, and a new one of the same session keeps the socket', async () => {
    const forge = createForge(stack.secrets.signingKeysFile)
    const token = await login('frontdesk')
    const now = Math.floor(Date.now() / 1000)
    const client = await connect(0, forge.sign({ ...claimsOf(token), iat: now, exp: now + 10 }))
    await waitUntil(() => bodyOf(client, 'auth:expiring'), { what: 'the announcement' })
    expect(bodyOf(client, 'auth:expiring')!['expiresInMs']).toBeLessThanOrEqual(10_000)
    expect(await client.socket.timeout(5000).emitWithAck('auth:refresh', { token })).toEqual({ ok: true })
    await waitUntil(() => Date.now() / 1000 > now + 12, { what: 'the first token to end', timeoutMs: 20_000 })
    expect(client.socket.connected).toBe(true)
  })

  it('[SES6] that has ended ends the socket', async () => {
    const now = Math.floor(Date.now() / 1000)
    const token = createForge(stack.secrets.signingKeysFile).sign({
      ...claimsOf(await login('frontdesk')),
      iat: now,
      exp: now + 2,
    })
    const client = await connect(0, token)
    await waitUntil(() => !client.socket.connected, { what: 'the socket to be ended' })
    expect(bodyOf(client, 'closing')).toEqual({ code: 'token_expired' })
  })
})

describe('a slow client', () => {
  it('[SES7] is ended, and costs nobody else an event', async () => {
    const token = await login('owner')
    const [slow, quick] = [await connect(0, token), await connect(0, token)]
    for (const client of [slow, quick]) await client.subscribe([{ topic: 'scheduling', location: downtown }])
    const tcp = (slow.socket.io.engine.transport as unknown as { ws: { _socket: NetSocket } }).ws._socket
    tcp.pause()
    let written = 0
    const ended = () => scrapeMetric(stack.nodes[0]!.adminUrl, 'derm_slow_consumers_ended_total')
    while ((await ended()) === 0 && written < 60_000) {
      await writer.write(500)
      written += 500
      // The relay is not outrun: what is written has been sent before more is.
      await waitUntil(() => quick.events.length === written, { what: 'every event at the quick one' })
    }
    expect(await ended()).toBe(1)
    const seqs = quick.events.map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.map((_, i) => seqs[0]! + i))
    tcp.resume()
  })
})

describe('a node without Redis', () => {
  it('[REC9] says that it is late, also to who comes meanwhile, and loses nothing', async () => {
    const token = await login('owner')
    const early = await connect(0, token)
    await early.subscribe([{ topic: 'scheduling', location: downtown }])
    let late: RecordingClient
    await stack.redis.stop()
    // Whatever comes of it, the other tests need it.
    try {
      await waitUntil(() => feeds(early).at(-1) === 'late', { what: 'the word that it is late' })
      expect(await scrapeMetric(stack.nodes[0]!.adminUrl, 'derm_lagging')).toBe(1)
      late = await connect(0, token)
      await writer.write(3)
      await waitUntil(() => feeds(late).length > 0, { what: 'the word to the one who came' })
      expect(early.events).toHaveLength(0)
    } finally {
      await stack.redis.start()
    }
    await waitUntil(() => early.events.length === 3, { what: 'what was written meanwhile', timeoutMs: 30_000 })
    for (const client of [early, late]) {
      await waitUntil(() => feeds(client).at(-1) === 'in time', { what: 'the word that it is over', timeoutMs: 30_000 })
    }
    expect(feeds(early)).toEqual(['in time', 'late', 'in time'])
    expect(feeds(late)).toEqual(['late', 'in time'])
    await waitUntil(async () => (await scrapeMetric(stack.nodes[0]!.adminUrl, 'derm_lagging')) === 0, {
      what: 'the metric to say so',
    })
    expect(early.frames.filter(({ name }) => name === 'resync')).toEqual([])
  })
})

describe('a node', () => {
  it('[SUB10] speaks to each of its clients again and again, however little happens', async () => {
    const token = await login('owner')
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect(0, token)))
    const words = (client: RecordingClient) => client.frames.filter(({ name }) => name === 'feed').length
    await waitUntil(() => clients.every((client) => words(client) >= 3), { what: 'three words to each' })
    for (const client of clients) expect(feeds(client)).toEqual(['in time'])
  })
})

describe('a relay that does not work', () => {
  it('[REC9] is noticed by the nodes, though Redis is well', async () => {
    const client = await connect(0, await login('owner'))
    await client.subscribe([{ topic: 'scheduling', location: downtown }])
    await stack.apis[0]!.kill('SIGSTOP')
    await writer.write(2)
    await waitUntil(() => feeds(client).at(-1) === 'late', { what: 'the word that it is late' })
    expect(client.events).toHaveLength(0)
    await stack.apis[0]!.kill('SIGCONT')
    await waitUntil(() => feeds(client).at(-1) === 'in time', { what: 'the word that it is over' })
    expect(feeds(client)).toEqual(['in time', 'late', 'in time'])
    expect(client.events).toHaveLength(2)
  })
})

describe('a frozen node', () => {
  it('[SEC4] confirms access before it delivers anything again', async () => {
    const [staying, leaving] = [await connect(1, await login('provider')), await connect(1, await login('ma'))]
    for (const client of [staying, leaving]) await client.subscribe([{ topic: 'scheduling', location: downtown }])
    await writer.write(1)
    for (const client of [staying, leaving])
      await waitUntil(() => client.events.length === 1, { what: 'the first event' })

    await stack.nodes[1]!.kill('SIGSTOP')
    const frozenAt = Date.now()
    await stack.query('UPDATE user_access SET active = false, version = version + 1 WHERE user_id = $1', [
      lakeside.users['ma']!.id,
    ])
    await writer.write(5)
    await waitUntil(() => Date.now() > frozenAt + MAX_AGE_MS + 500, { what: 'the confirmation to be too old' })
    await stack.nodes[1]!.kill('SIGCONT')

    await waitUntil(() => staying.events.length === 6, { what: 'what was missed' })
    await waitUntil(() => !leaving.socket.connected, { what: 'the revoked user to be out' })
    expect(leaving.events).toHaveLength(1)
    expect(bodyOf(leaving, 'closing')).toEqual({ code: 'access_revoked' })
  })
})

describe('a row of access that a node does not understand', () => {
  it('[SEC7] refuses its user until it is understood, and keeps nobody else waiting', async () => {
    const [other, token] = [await connect(0, await login('provider')), await login('frontdesk')]
    const strange = await connect(0, token)
    for (const client of [other, strange]) await client.subscribe([{ topic: 'scheduling', location: downtown }])
    const [row] = await stack.query<{ grants: object[] }>('SELECT grants FROM user_access WHERE user_id = $1', [
      lakeside.users['frontdesk']!.id,
    ])
    const write = (grants: object[]) =>
      stack.query('UPDATE user_access SET grants = $2, version = version + 1 WHERE user_id = $1', [
        lakeside.users['frontdesk']!.id,
        JSON.stringify(grants),
      ])
    await write([...row!.grants, { role: 'navigator', locationId: null }])
    await waitUntil(() => !strange.socket.connected, { what: 'the socket to be closed' })
    expect(bodyOf(strange, 'closing')).toEqual({ code: 'access_unconfirmed' })
    await expect(connect(0, token)).rejects.toMatchObject({ code: 'access_unconfirmed' })

    await writer.write(3)
    await waitUntil(() => other.events.length === 3, { what: 'the events at everybody else' })
    expect(await fetch(`${stack.nodes[0]!.adminUrl}/readyz`).then(({ status }) => status)).toBe(200)
    expect(feeds(other)).toEqual(['in time'])

    await write(row!.grants)
    const back = await connect(0, token)
    await back.subscribe([{ topic: 'scheduling', location: downtown }])
  })
})

describe('a node that is replaced', () => {
  it('[SES8] is not ready any more, asks its clients to go, each at its own moment, and ends with 0', async () => {
    const token = await login('owner')
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(1, token)))
    const ready = () => fetch(`${stack.nodes[1]!.adminUrl}/readyz`).then(({ status }) => status)
    expect(await ready()).toBe(200)
    const asked = new Promise<number>((resolve) =>
      // When it has ended before it was asked, nobody is sent there either.
      clients[0]!.socket.once('server:draining', () => void ready().then(resolve, () => resolve(503))),
    )
    await stack.nodes[1]!.kill('SIGTERM')
    expect(await asked).toBe(503)
    expect(stack.nodes[1]!.lastExit).toEqual({ code: 0, signal: null })
    for (const client of clients) {
      await waitUntil(() => !client.socket.connected, { what: 'the sockets to be closed' })
      expect(bodyOf(client, 'closing')).toEqual({ code: 'server_draining' })
    }
    const moments = clients.map((client) => bodyOf(client, 'server:draining')!['reconnectInMs'])
    expect(new Set(moments).size).toBeGreaterThan(10)
    expect(bodyOf(clients[0]!, 'server:draining')!['node']).toBe('realtime-2')
  })
})
