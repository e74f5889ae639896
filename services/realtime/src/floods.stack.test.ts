import { getSeedIds } from '@derm/database'
import {
  FLOODS,
  OPCODE,
  connectClient,
  connectTcp,
  createEventWriter,
  maskedFrame,
  openRawSocket,
  scrapeMetric,
  signIn,
  startStack,
  waitUntil,
  watchMemory,
  type RawSocket,
  type Stack,
} from '@derm/test-kit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

const { lakeside } = getSeedIds()
const downtown = lakeside.locations['downtown']!.id
const FLOOD_BYTES = 24_000_000
/** A node at work breathes by some tens of MB. Before it counted control frames, it grew by hundreds. */
const MOST_GROWN_MB = 80
let stack: Stack
let token: string
const open: { destroy(): void }[] = []

beforeAll(async () => {
  stack = await startStack({ apis: 1, nodes: 1, env: { MAX_PENDING: '40', MAX_PENDING_PER_NETWORK: '20' } })
  token = await login('owner')
})
afterAll(async () => {
  await stack?.stop()
})
afterEach(() => {
  for (const one of open.splice(0)) one.destroy()
})

const login = async (key: string) =>
  (await signIn(stack.apis[0]!.url, stack.origin, lakeside.users[key]!.email)).accessToken
const scrape = (name: string) => scrapeMetric(stack.nodes[0]!.adminUrl, name)

async function openSocket(options: Parameters<typeof openRawSocket>[1] = {}): Promise<RawSocket> {
  const socket = await openRawSocket(stack, options)
  open.push(socket.tcp)
  return socket
}

describe('[SES20] a connection that reads nothing is ended, and costs no memory, when it floods with', () => {
  const cases = FLOODS.flatMap((flood) =>
    (flood.needsToken ? [true] : [false, true]).map((hasToken) => ({ ...flood, hasToken })),
  )
  it.each(cases)('$name (token: $hasToken)', async ({ first, then, hasToken }) => {
    const refused = await scrape('derm_packets_refused_total')
    const memory = await watchMemory(stack)
    const socket = await openSocket({ isDeaf: true, ...(hasToken ? { token } : {}) })
    if (first) socket.tcp.write(first)
    const sent = await socket.flood(then, FLOOD_BYTES)
    const grewMb = memory.stop()
    expect(sent).toBeLessThan(FLOOD_BYTES)
    expect(grewMb).toBeLessThan(MOST_GROWN_MB)
    expect(await scrape('derm_packets_refused_total')).toBe(refused + 1)
  })
})

describe('[SES20] [SES29] a connection', () => {
  it('is told why, when it can still read', async () => {
    const socket = await openSocket({ token })
    let read = ''
    socket.tcp.on('data', (chunk: Buffer) => (read += chunk.toString('latin1')))
    await socket.flood(Buffer.concat(Array<Buffer>(500).fill(maskedFrame(OPCODE.ping, 'x'))), 100_000)
    await waitUntil(() => socket.isEnded(), { what: 'its end' })
    expect(read).toContain('42["closing",{"code":"rate_limited"}]')
  })

  it('is told that its packet is too large, and then ended', async () => {
    const client = await connectClient({ url: stack.nodes[0]!.url, origin: stack.origin, token })
    client.socket.emit('subscribe', 'x'.repeat(400_000))
    await waitUntil(() => !client.socket.connected, { what: 'its end' })
    expect(client.frames.find(({ name }) => name === 'closing')?.body).toEqual({ code: 'packet_too_large' })
  })

  it('gets a pong to its ping, as RFC 6455 wants it', async () => {
    const socket = await openSocket({ token })
    let read = ''
    socket.tcp.on('data', (chunk: Buffer) => (read += chunk.toString('latin1')))
    socket.tcp.write(maskedFrame(OPCODE.ping, 'are you there'))
    await waitUntil(() => read.includes('are you there'), { what: 'the pong' })
    expect(socket.isEnded()).toBe(false)
  })

  it('whose frame comes byte by byte is ended before the halves add up', async () => {
    const memory = await watchMemory(stack)
    const socket = await openSocket({ token })
    socket.tcp.write(maskedFrame(OPCODE.text, 'x'.repeat(300_000)).subarray(0, 14))
    await socket.flood(Buffer.from('x'), 60_000)
    expect(memory.stop()).toBeLessThan(MOST_GROWN_MB)
  })
})

describe('[SES21] [SES24] answers that nobody reads', () => {
  it('cost no memory, however large they are and however often they are asked for', async () => {
    const writer = createEventWriter({
      apiUrl: stack.databases.apiUrl,
      tenantId: lakeside.tenantId,
      locationId: downtown,
      actorId: lakeside.users['owner']!.id,
    })
    const client = await connectClient({ url: stack.nodes[0]!.url, origin: stack.origin, token })
    const ack = await client.subscribe([{ topic: 'scheduling', location: downtown }])
    if (!ack.ok) throw new Error(ack.code)
    const { channel, epoch, seq } = ack.channels[0]!
    await writer.write(600)
    await waitUntil(() => client.events.length >= 600, { what: 'the events' })
    await writer.stop()
    client.socket.disconnect()
    const body = { channels: [{ topic: 'scheduling', location: downtown, cursors: { [channel]: { epoch, seq } } }] }
    const memory = await watchMemory(stack)
    // Each asks for some 350 KB, with less than 300 bytes, at a rate that is allowed.
    const sockets = await Promise.all(Array.from({ length: 8 }, () => openSocket({ token, isDeaf: true })))
    for (const { tcp } of sockets)
      for (let i = 0; i < 50; i++) tcp.write(maskedFrame(OPCODE.text, `42${i}${JSON.stringify(['subscribe', body])}`))
    await waitUntil(async () => (await scrape('derm_subscriptions')) === 0 || memory.most() > MOST_GROWN_MB, {
      what: 'the sockets to be ended, or to be served without growth',
      timeoutMs: 3_000,
    }).catch(() => {})
    expect(memory.stop()).toBeLessThan(MOST_GROWN_MB)
  })
})

describe('[SES22] a connection that asks for nothing', () => {
  it.each([
    ['half a request', 'GET /realtime/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n'],
    ['nothing', ''],
    ['half a body', 'POST /realtime/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx'],
    ['half a body of another path', 'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx'],
    ['an upgrade elsewhere', 'GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['an upgrade and no handshake', 'upgrade'],
  ])('%s, is ended by the server', async (_name, text) => {
    const tcp = text === 'upgrade' ? (await openSocket()).tcp : connectTcp(stack)
    open.push(tcp)
    tcp.resume()
    if (text && text !== 'upgrade') tcp.write(text)
    await waitUntil(() => tcp.destroyed || tcp.readableEnded, { what: 'its end', timeoutMs: 13_000 })
  })

  it('with long headers is refused', async () => {
    const tcp = connectTcp(stack)
    open.push(tcp)
    let read = ''
    tcp.on('data', (chunk: Buffer) => (read += chunk.toString('latin1')))
    tcp.write(`GET /realtime/ HTTP/1.1\r\nCookie: ${'x'.repeat(10_000)}\r\n\r\n`)
    await waitUntil(() => tcp.destroyed || tcp.readableEnded, { what: 'its end' })
    expect(read).toContain('431')
  })

  it('makes room for who does, however many they are', async () => {
    const silent = Array.from({ length: 1_500 }, () => connectTcp(stack))
    open.push(...silent)
    const client = await connectClient({ url: stack.nodes[0]!.url, origin: stack.origin, token })
    client.socket.disconnect()
    await waitUntil(() => silent.filter(({ destroyed }) => destroyed).length >= 400, { what: 'the oldest to be ended' })
  })
})

describe('[SES26] connections without a token', () => {
  const openMany = (count: number, from: (i: number) => string) =>
    Promise.allSettled(Array.from({ length: count }, (_, i) => openSocket({ from: from(i) })))
  const countOpen = (all: Awaited<ReturnType<typeof openMany>>) =>
    all.filter((one) => one.status === 'fulfilled' && !one.value.isEnded()).length

  it('[SES27] are limited per network, however its addresses are written, and another network has its places', async () => {
    const spell = (i: number) => ['203.0.113.9', '::ffff:203.0.113.9', '203.0.113.9:4711'][i % 3]!
    const opening = openMany(60, spell)
    const client = await connectClient({ url: stack.nodes[0]!.url, origin: stack.origin, token })
    client.socket.disconnect()
    await waitUntil(async () => (await scrape('derm_pending_connections')) === 20, { what: 'the limit to be reached' })
    const all = await opening
    await waitUntil(() => countOpen(all) <= 20, { what: 'the others to be ended' })
  })

  it('[SES27] of one /64 are those of one network', async () => {
    const opening = openMany(60, (i) => `2001:db8:1:2::${i.toString(16)}`)
    await waitUntil(async () => (await scrape('derm_pending_connections')) === 20, { what: 'the limit to be reached' })
    const all = await opening
    await waitUntil(() => countOpen(all) <= 20, { what: 'the others to be ended' })
  })

  it('are limited per node, and leave room for who shows a token, also in their own network', async () => {
    const opening = openMany(150, (i) => `198.51.100.${i % 10}`)
    await waitUntil(async () => (await scrape('derm_pending_connections')) === 40, { what: 'the limit to be reached' })
    const late = await openSocket({ token, from: '198.51.100.1' })
    expect(late.isEnded()).toBe(false)
    const all = await opening
    await waitUntil(() => countOpen(all) <= 40, { what: 'the others to be ended' })
    await waitUntil(async () => (await scrape('derm_pending_connections')) === 0, { what: 'all to be ended' })
  })
})

describe('[SES25] two hundred handshakes of one user at once', () => {
  it('become as many sockets as are allowed, and the next one is let in', async () => {
    const biller = await login('biller')
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, () => openSocket({ token: biller, from: '192.0.2.1' })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(30)
    expect(await scrape('derm_connections')).toBe(30)
    await waitUntil(
      () =>
        openSocket({ token: biller, from: '192.0.2.1' }).then(
          () => true,
          () => false,
        ),
      { what: 'one more to be let in' },
    )
    expect(await scrape('derm_connections')).toBe(30)
  })
})
