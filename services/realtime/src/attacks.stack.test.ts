import type { Socket as NetSocket } from 'node:net'
import type { SubscribeAck } from '@derm/contract'
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
} from '@derm/test-kit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

const { lakeside, summit } = getSeedIds()
const downtown = lakeside.locations['downtown']!.id
const CHANNEL = `${lakeside.tenantId}/l:${downtown}/scheduling`
const EPOCH = '0'.repeat(16)
let stack: Stack
let writer: EventWriter
let token: string
let startedAs: number
const open: { close(): void }[] = []

beforeAll(async () => {
  stack = await startStack({ apis: 1, nodes: 1, env: { MAX_BUFFERED_BYTES: '131072' } })
  startedAs = stack.nodes[0]!.pid
  token = await login('owner')
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
/** After each attack the same process serves as before. */
afterEach(async () => {
  for (const one of open.splice(0)) one.close()
  const client = await connect(token)
  expect(await client.subscribe([{ topic: 'scheduling', location: downtown }])).toMatchObject({
    ok: true,
    channels: [{ channel: CHANNEL, status: 'live' }],
  })
  client.socket.disconnect()
  expect(stack.nodes[0]!.pid).toBe(startedAs)
})

const login = async (key: string) =>
  (await signIn(stack.apis[0]!.url, stack.origin, lakeside.users[key]!.email)).accessToken
async function connect(given: string): Promise<RecordingClient> {
  const client = await connectClient({ url: stack.nodes[0]!.url, origin: stack.origin, token: given })
  open.push({ close: () => client.socket.disconnect() })
  return client
}
const scrape = (name: string) => scrapeMetric(stack.nodes[0]!.adminUrl, name)

/** A WebSocket by hand; opened, not yet connected to Socket.IO. */
async function openRaw(): Promise<{ socket: WebSocket; lines: string[]; ended: Promise<unknown> }> {
  const socket = new WebSocket(`${stack.nodes[0]!.url.replace('http', 'ws')}/realtime/?EIO=4&transport=websocket`, {
    origin: stack.origin,
  })
  const lines: string[] = []
  socket.on('error', () => {})
  socket.on('message', (data: Buffer) => lines.push(data.toString()))
  const ended = new Promise((resolve) => socket.once('close', resolve))
  open.push({ close: () => socket.terminate() })
  await waitUntil(() => lines.length > 0, { what: 'the engine to open' })
  return { socket, lines, ended }
}
const handshake = () => `40${JSON.stringify({ token, protocol: 1 })}`

describe('a connection', () => {
  it('[SES9] that asks to be many sockets at once becomes one at most', async () => {
    const before = await scrape('derm_connections')
    const { socket, lines } = await openRaw()
    for (let i = 0; i < 20; i++) socket.send(handshake())
    await waitUntil(() => lines.filter((line) => line.startsWith('44')).length >= 19, { what: 'the refusals' })
    await waitUntil(() => lines.some((line) => line.startsWith('40')), { what: 'the first one to be let in' })
    expect(lines.filter((line) => line.startsWith('40'))).toHaveLength(1)
    expect(lines.find((line) => line.startsWith('44'))).toContain('"validation_failed"')
    expect(await scrape('derm_connections')).toBe(before + 1)
  })

  it('[SES9] that leaves and asks again is refused each time, and nothing of it is kept or thrown', async () => {
    const { socket, lines, ended } = await openRaw()
    socket.send(handshake())
    await waitUntil(() => lines.some((line) => line.startsWith('40')), { what: 'the socket to be let in' })
    const thrown = stack.lines().filter((line) => line.includes('unhandled')).length
    socket.send('41')
    for (let i = 0; i < 10; i++) {
      socket.send(handshake())
      await new Promise((resolve) => setImmediate(resolve))
    }
    // Whoever has left is ended soon.
    await ended
    expect(lines.filter((line) => line.startsWith('40'))).toHaveLength(1)
    expect(stack.lines().filter((line) => line.includes('unhandled'))).toHaveLength(thrown)
  })

  it.each([
    ['to connect', handshake],
    ['to connect with no token', () => '40{}'],
    ['for namespaces that do not exist', () => '40/admin,{}'],
  ])('[SES9] that floods with requests %s is ended', async (_name, packet) => {
    const before = await scrape('derm_packets_refused_total')
    const { socket, ended } = await openRaw()
    for (let i = 0; i < 500; i++) socket.send(packet())
    await ended
    expect(await scrape('derm_packets_refused_total')).toBe(before + 1)
  })

  it('[SES4] that floods with subscriptions is ended, with the reason', async () => {
    const client = await connect(token)
    for (let i = 0; i < 500; i++) client.socket.emit('subscribe', { channels: [{ topic: 'scheduling' }] })
    await waitUntil(() => !client.socket.connected, { what: 'the socket to be ended' })
    expect(client.frames.find(({ name }) => name === 'closing')?.body).toEqual({ code: 'rate_limited' })
  })

  it('[SES4] that leaves in the middle of subscribing leaves nothing behind', async () => {
    for (let i = 0; i < 20; i++) {
      const client = await connect(token)
      client.socket.emit('subscribe', { channels: [{ topic: 'scheduling' }, { topic: 'clinical' }] }, () => {})
      // Once the packet has gone out.
      await new Promise((resolve) => setImmediate(resolve))
      client.socket.disconnect()
    }
    await waitUntil(async () => (await scrape('derm_connections')) === 0, { what: 'the sockets to be gone' })
    await waitUntil(async () => (await scrape('derm_subscriptions')) === 0, { what: 'the subscriptions to be gone' })
    await waitUntil(async () => (await scrape('derm_channels')) === 0, { what: 'the channels to be left' })
  })
})

describe('a request', () => {
  const cursors = (channel: string, count = 1) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [i ? `${channel}${i}` : channel, { epoch: EPOCH, seq: 0 }]),
    )
  const location = (value: unknown) => ({ channels: [{ topic: 'scheduling', location: value }] })

  it.each<[string, unknown]>([
    ['__proto__ as a topic', { channels: [{ topic: '__proto__' }] }],
    ['constructor as a topic', { channels: [{ topic: 'constructor', location: '*' }] }],
    ['__proto__ as a location', location('__proto__')],
    ['a room’s name as a location', location(`t:${lakeside.tenantId}`)],
    ['a huge location', location('x'.repeat(30_000))],
    ['a list as a location', location(['*'])],
    ['200 cursors for channels that are none', { channels: [{ topic: 'scheduling', cursors: cursors('x', 200) }] }],
    ['__proto__ beside what is asked', JSON.parse(`{"__proto__":{"ok":true},"channels":[{"topic":"x"}]}`)],
    ['101 requests in one', { channels: Array.from({ length: 101 }, () => ({ topic: 'scheduling' })) }],
    ['a seq below nothing', { channels: [{ topic: 'scheduling', cursors: { [CHANNEL]: { epoch: EPOCH, seq: -1 } } }] }],
    [
      'a seq past counting',
      { channels: [{ topic: 'scheduling', cursors: { [CHANNEL]: { epoch: EPOCH, seq: 1e300 } } }] },
    ],
    [
      'an epoch of another form',
      { channels: [{ topic: 'scheduling', cursors: { [CHANNEL]: { epoch: {}, seq: 1 } } }] },
    ],
    ['more than was agreed', { channels: [{ topic: 'scheduling' }], rooms: ['*'] }],
    ['a string', 'subscribe'],
    ['null', null],
  ])('[SES3] %s is not valid, and changes nothing', async (_name, body) => {
    const client = await connect(token)
    const ack = await client.socket.timeout(5000).emitWithAck('subscribe', body)
    expect(ack).toMatchObject({ ok: false, code: 'validation_failed' })
    expect(client.socket.connected).toBe(true)
    expect(({} as Record<string, unknown>)['ok']).toBeUndefined()
  })

  it('[SES3] with 500 cursors is answered, and one named __proto__ does no harm', async () => {
    const client = await connect(token)
    const names = Array.from({ length: 500 }, () => `${lakeside.tenantId}/l:${crypto.randomUUID()}/prescriptions`)
    const given = Object.fromEntries(names.map((name) => [name, { epoch: EPOCH, seq: Number.MAX_SAFE_INTEGER }]))
    const body = JSON.stringify({ channels: [{ topic: 'scheduling', location: downtown, cursors: given }] })
    const poisoned = JSON.parse(body.replace('"cursors":{', '"cursors":{"__proto__":{"epoch":{},"seq":1},'))
    expect(await client.socket.timeout(5000).emitWithAck('subscribe', poisoned)).toMatchObject({
      ok: true,
      channels: [{ channel: CHANNEL, status: 'live' }],
    })
  })

  it('[SES4] with 10,000 cursors is larger than a packet may be', async () => {
    const client = await connect(token)
    client.socket.emit('subscribe', { channels: [{ topic: 'scheduling', cursors: cursors(CHANNEL, 10_000) }] })
    await waitUntil(() => !client.socket.connected, { what: 'the socket to be ended' })
  })

  it.each<[string, unknown]>([
    ['of channels that are none', { channels: ['__proto__'] }],
    ['of everything', { channels: [] }],
    ['of 501 channels', { channels: Array.from({ length: 501 }, () => `${lakeside.tenantId}/t/patients`) }],
    ['of nothing', undefined],
  ])('[SES3] to unsubscribe %s is not valid', async (_name, body) => {
    const client = await connect(token)
    expect(await client.socket.timeout(5000).emitWithAck('unsubscribe', body)).toMatchObject({
      ok: false,
      code: 'validation_failed',
    })
  })

  it('[SEC1] with the cursor of a channel that one may not see says nothing of it', async () => {
    const foreign = `${summit.tenantId}/l:${summit.locations['main']!.id}/scheduling`
    const client = await connect(token)
    const ack = await client.subscribe([
      { topic: 'scheduling', location: downtown, cursors: { [foreign]: { epoch: EPOCH, seq: 1 } } },
    ])
    expect(ack).toMatchObject({ ok: true, channels: [{ channel: CHANNEL }] })
    expect(JSON.stringify(ack)).not.toContain(summit.tenantId)
  })

  it('[REC5] [SES10] with a cursor from the future is answered with a resync, and can be withdrawn meanwhile', async () => {
    const [client, patient] = [await connect(token), await connect(token)]
    await writer.write(1)
    const live = (await client.subscribe([{ topic: 'scheduling', location: downtown }])) as SubscribeAck & { ok: true }
    const { epoch } = live.channels[0]!
    const ahead = { [CHANNEL]: { epoch, seq: Number.MAX_SAFE_INTEGER } }
    const [withdrawn, waited] = [client, patient].map((one) =>
      one.subscribe([{ topic: 'scheduling', location: downtown, cursors: ahead }]),
    )
    expect(await client.socket.timeout(4000).emitWithAck('unsubscribe', { channels: [CHANNEL] })).toEqual({ ok: true })
    // The last word counts: what was withdrawn while it was being prepared is not given.
    expect(await withdrawn).toMatchObject({ ok: true, channels: [] })
    expect(await waited).toMatchObject({ ok: true, channels: [{ status: 'resync', events: [] }] })
    const seen = client.events.length
    await writer.write(1)
    await waitUntil(() => patient.events.length > 0, { what: 'the event at another socket' })
    expect(client.events).toHaveLength(seen)
  })

  it('[SES10] for more than a client’s buffer holds is answered with a resync, not with its end', async () => {
    const client = await connect(token)
    const { channels } = (await client.subscribe([{ topic: 'scheduling', location: downtown }])) as SubscribeAck & {
      ok: true
    }
    await writer.write(250)
    await waitUntil(() => client.events.length >= 250, { what: 'the events' })
    const { epoch, seq } = channels[0]!
    const from = (after: number) =>
      client.subscribe([{ topic: 'scheduling', location: downtown, cursors: { [CHANNEL]: { epoch, seq: after } } }])
    expect(await from(seq)).toMatchObject({ channels: [{ status: 'resync', events: [], seq: seq + 250 }] })
    expect(await from(seq + 200)).toMatchObject({ channels: [{ status: 'recovered', seq: seq + 250 }] })
    expect(client.socket.connected).toBe(true)
  })
})

describe('a refresh', () => {
  it('[SES6] with another tenant’s token is refused', async () => {
    const client = await connect(token)
    const foreign = await signIn(stack.apis[0]!.url, stack.origin, summit.users['owner']!.email)
    expect(await client.socket.timeout(5000).emitWithAck('auth:refresh', { token: foreign.accessToken })).toMatchObject(
      { ok: false, code: 'token_invalid' },
    )
  })
})

describe('two sockets of one user', () => {
  it('[REC1] get each event once each, and one’s leaving is not the other’s', async () => {
    const [one, two] = [await connect(token), await connect(token)]
    for (const client of [one, two])
      for (let i = 0; i < 3; i++) await client.subscribe([{ topic: 'scheduling', location: downtown }])
    await writer.write(2)
    for (const client of [one, two]) await waitUntil(() => client.events.length >= 2, { what: 'both events' })
    one.socket.disconnect()
    await writer.write(1)
    await waitUntil(() => two.events.length >= 3, { what: 'the third event' })
    expect(one.events).toHaveLength(2)
    expect(two.events).toHaveLength(3)
  })
})

describe('a client that does not read', () => {
  it('[SEC2] gets no event that was committed after it was revoked, when it reads again', async () => {
    const client = await connect(await login('ma'))
    await client.subscribe([{ topic: 'scheduling', location: downtown }])
    const tcp = (client.socket.io.engine.transport as unknown as { ws: { _socket: NetSocket } }).ws._socket
    tcp.pause()
    const slow = await scrape('derm_slow_consumers_ended_total')
    const watcher = await connect(token)
    await watcher.subscribe([{ topic: 'scheduling', location: downtown }])
    await writer.write(10)
    await waitUntil(() => watcher.events.length === 10, { what: 'the events at another socket' })
    await stack.query('UPDATE user_access SET active = false, version = version + 1 WHERE user_id = $1', [
      lakeside.users['ma']!.id,
    ])
    await waitUntil(async () => (await scrape('derm_connections')) === 1, { what: 'the member to be gone' })
    await writer.write(10)
    await waitUntil(() => watcher.events.length === 20, { what: 'the events at another socket' })
    tcp.resume()
    await waitUntil(() => !client.socket.connected, { what: 'its end' })
    expect(client.events.length).toBeLessThanOrEqual(10)
    expect(await scrape('derm_slow_consumers_ended_total')).toBe(slow)
  })
})
