import { request } from 'node:http'
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
import { io } from 'socket.io-client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

const { lakeside } = getSeedIds()
const downtown = lakeside.locations['downtown']!.id
let stack: Stack
let writer: EventWriter
let token: string
const open: { disconnect(): unknown }[] = []

beforeAll(async () => {
  // Nodes of version 2: those of version 1 are the ones before.
  stack = await startStack({
    apis: 1,
    nodes: 2,
    env: {
      DRAIN_DELAY_MS: '1500',
      DRAIN_RATE: '20',
      SHED_AFTER_MS: '3000',
      SHED_PERCENT: '10',
      FAULT_PROTOCOL_VERSION: '2',
    },
  })
  writer = createEventWriter({
    apiUrl: stack.databases.apiUrl,
    tenantId: lakeside.tenantId,
    locationId: downtown,
    actorId: lakeside.users['owner']!.id,
  })
  token = (await signIn(stack.apis[0]!.url, stack.origin, lakeside.users['owner']!.email)).accessToken
})
afterAll(async () => {
  await writer?.stop()
  await stack?.stop()
})
afterEach(() => {
  for (const socket of open.splice(0)) socket.disconnect()
})

async function connect(node: number): Promise<RecordingClient> {
  const client = await connectClient({ url: stack.nodes[node]!.url, origin: stack.origin, token })
  open.push(client.socket)
  return client
}

/** What an upgrade is answered with, before it is one. */
function upgrade(node: number, query = ''): Promise<{ status: number; body: string }> {
  const headers = {
    ...{ connection: 'Upgrade', upgrade: 'websocket', origin: stack.origin },
    ...{ 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' },
  }
  return new Promise((resolve, reject) => {
    const asked = request(`${stack.nodes[node]!.url}/realtime/?EIO=4&transport=websocket${query}`, {
      headers,
      agent: false,
    })
    asked.on('upgrade', (_message, socket) => {
      socket.destroy()
      resolve({ status: 101, body: '' })
    })
    asked.on('response', (message) => {
      let body = ''
      message.on('data', (data: Buffer) => (body += data.toString()))
      message.on('end', () => resolve({ status: message.statusCode ?? 0, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}
const ready = (node: number) => fetch(`${stack.nodes[node]!.adminUrl}/readyz`).then(({ status }) => status)

describe('[SES40] the protocol’s versions', () => {
  it.each([
    [2, 'connect'],
    [1, 'connect'],
    [3, 'protocol_unsupported'],
    [0, 'protocol_unsupported'],
    ['2', 'protocol_unsupported'],
    [undefined, 'protocol_unsupported'],
  ])('a node of version 2 answers one that speaks %s with %s', async (protocol, answer) => {
    const socket = io(stack.nodes[0]!.url, {
      ...{ path: '/realtime', transports: ['websocket'], reconnection: false, forceNew: true },
      ...{ extraHeaders: { origin: stack.origin }, auth: { token, protocol } },
    })
    open.push(socket)
    const given = await new Promise((resolve) => {
      socket.once('connect', () => resolve('connect'))
      socket.once('connect_error', (error: Error & { data?: { code?: string } }) => resolve(error.data?.code))
    })
    expect(given).toBe(answer)
  })
})

describe('nodes that have more than others', () => {
  it('[SES38] send the oldest some few away, with a moment and their name, until they are near the mean', async () => {
    const clients = await Promise.all(Array.from({ length: 24 }, () => connect(0)))
    const node = stack.nodes[0]!
    await waitUntil(async () => (await scrapeMetric(node.adminUrl, 'derm_connections')) <= 18, {
      what: 'the node to have fewer clients',
      timeoutMs: 40_000,
    })
    const told = clients.filter(({ frames }) => frames.some(({ name }) => name === 'server:draining'))
    expect(told.length).toBeGreaterThanOrEqual(6)
    for (const { frames } of told)
      expect(frames.find(({ name }) => name === 'server:draining')!.body).toEqual({
        reconnectInMs: expect.any(Number),
        node: 'realtime-1',
      })
    expect(await scrapeMetric(node.adminUrl, 'derm_connections_shed_total')).toBe(told.length)
    expect(await ready(0)).toBe(200)
  })
})

describe('a node that is replaced', () => {
  it('[SES35] [SES36] is not ready first and takes whoever comes; then refuses with 503, and delivers to each until its moment', async () => {
    const clients = await Promise.all(Array.from({ length: 30 }, () => connect(1)))
    for (const client of clients) await client.subscribe([{ topic: 'scheduling', location: downtown }])
    const isTold = ({ frames }: RecordingClient) => frames.some(({ name }) => name === 'server:draining')
    const ended = stack.nodes[1]!.kill('SIGTERM')
    await waitUntil(async () => (await ready(1)) === 503, { what: 'the node not to be ready' })
    // Whom a front door still sends is taken; whoever was asked to avoid it is not.
    expect((await upgrade(1)).status).toBe(101)
    expect(await upgrade(1, '&avoid=realtime-2')).toEqual({ status: 503, body: 'server_draining' })
    expect(clients.some(isTold)).toBe(false)

    await waitUntil(() => clients.every(isTold), { what: 'all to be told' })
    expect(await upgrade(1)).toEqual({ status: 503, body: 'server_draining' })
    const before = clients.map(({ events }) => events.length)
    const connected = clients.filter(({ socket }) => socket.connected)
    await writer.write(3)
    await waitUntil(
      () => connected.every(({ socket, events }) => !socket.connected || events.length === before[0]! + 3),
      { what: 'those who are still there to have the events' },
    )
    expect(clients.some(({ events }) => events.length === before[0]! + 3)).toBe(true)
    await ended
    expect(stack.nodes[1]!.lastExit).toEqual({ code: 0, signal: null })
    const moments = clients.map(({ frames }) => {
      const { body } = frames.find(({ name }) => name === 'server:draining')!
      return (body as { reconnectInMs: number }).reconnectInMs
    })
    // 20 a second: the last of thirty has a second and a half, about.
    expect(Math.max(...moments)).toBeGreaterThan(1_300)
    expect(Math.max(...moments)).toBeLessThanOrEqual(1_500)
  })
})
