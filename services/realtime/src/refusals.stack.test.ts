import { createHmac } from 'node:crypto'
import { getSeedIds } from '@derm/database'
import {
  connectClient,
  scrapeMetric,
  signIn,
  startStack,
  waitUntil,
  type RecordingClient,
  type Stack,
  claimsOf,
  createForge,
  forgeToken,
  type Claims,
} from '@derm/test-kit'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

const { lakeside } = getSeedIds()
const email = lakeside.users['frontdesk']!.email
const downtown = lakeside.locations['downtown']!.id
let stack: Stack
let token: string
let claims: Claims
let forge: ReturnType<typeof createForge>
const url = () => stack.nodes[0]!.url
const pids = () => stack.nodes.map(({ pid }) => pid)
let startedAs: number[]

beforeAll(async () => {
  stack = await startStack({ apis: 1, nodes: 2, env: { FAULT_THROWING_HANDLERS: '1' } })
  startedAs = pids()
  token = (await signIn(stack.apis[0]!.url, stack.origin, email)).accessToken
  claims = claimsOf(token)
  forge = createForge(stack.secrets.signingKeysFile)
})
afterAll(async () => {
  await stack?.stop()
})

const connect = (given: string) => connectClient({ url: url(), origin: stack.origin, token: given })

/** The node serves as before, and is the same process. */
async function expectAlive(): Promise<void> {
  const client = await connect(token)
  const ack = await client.subscribe([{ topic: 'scheduling', location: downtown }])
  expect(ack).toMatchObject({ ok: true, channels: [{ status: 'live' }] })
  client.socket.disconnect()
  expect(pids()).toEqual(startedAs)
}

/** A WebSocket by hand, past the handshake of Socket.IO. */
async function connectRaw(): Promise<WebSocket> {
  const socket = new WebSocket(`${url().replace('http', 'ws')}/realtime/?EIO=4&transport=websocket`, {
    origin: stack.origin,
  })
  const lines: string[] = []
  socket.on('error', () => {})
  socket.on('message', (data: Buffer) => lines.push(data.toString()))
  await waitUntil(() => lines.some((line) => line.startsWith('0')), { what: 'the engine to open' })
  socket.send(`40${JSON.stringify({ token, protocol: 1 })}`)
  await waitUntil(() => lines.some((line) => line.startsWith('40')), { what: 'the handshake' })
  return socket
}

describe('a handshake is refused, and says why', () => {
  it('is possible with a token made in the way of these tests', async () => {
    const client = await connect(forge.sign(claims))
    client.socket.disconnect()
  })

  it.each([
    ['without a signature', () => forgeToken({ alg: 'none', typ: 'JWT' }, claims, () => ''), 'token_invalid'],
    [
      'signed with the public key as a secret',
      () =>
        forgeToken({ alg: 'HS256', typ: 'JWT', kid: forge.kid }, claims, (data) =>
          createHmac('sha256', forge.publicPem).update(data).digest('base64url'),
        ),
      'token_invalid',
    ],
    ['without an end', () => forge.sign({ ...claims, exp: undefined }), 'token_invalid'],
    ['that ends in a year', () => forge.sign({ ...claims, exp: Number(claims['iat']) + 31_536_000 }), 'token_invalid'],
    ['for another audience', () => forge.sign({ ...claims, aud: 'somebody else' }), 'token_invalid'],
    ['of another issuer', () => forge.sign({ ...claims, iss: 'somebody else' }), 'token_invalid'],
    ['that has expired', () => forge.sign({ ...claims, iat: 1_000_000, exp: 1_000_600 }), 'token_expired'],
    [
      'whose subject was exchanged',
      () =>
        `${token.split('.')[0]}.${forgeToken({}, { ...claims, sub: lakeside.users['owner']!.id }, () => '').split('.')[1]}.${token.split('.')[2]}`,
      'token_invalid',
    ],
    ['of another tenant’s name', () => forge.sign({ ...claims, tid: getSeedIds().summit.tenantId }), 'access_revoked'],
    [
      'of a session that never existed',
      () => forge.sign({ ...claims, sid: '00000000-0000-4000-8000-000000000000' }),
      'session_ended',
    ],
    ['of another user’s session', () => forge.sign({ ...claims, sub: lakeside.users['owner']!.id }), 'session_ended'],
    ['that is no token', () => 'garbage', 'token_invalid'],
    ['that is empty', () => '', 'unauthenticated'],
  ])('[SES1] a token %s', async (_name, make, code) => {
    await expect(connect(make())).rejects.toMatchObject({ code })
  })

  it('[SEC45] whose bearer is known, and who may not connect, is in the audit log, once for each reason', async () => {
    const { accessToken } = await signIn(stack.apis[0]!.url, stack.origin, lakeside.users['auditor']!.email)
    const read = async () => {
      const response = await fetch(`${stack.apis[0]!.url}/api/v1/audit?action=socket.refused`, {
        headers: { authorization: `Bearer ${accessToken}` },
      })
      const { items } = (await response.json()) as { items: { actorId: string; details: { code: string } }[] }
      return items.map(({ actorId, details }) => `${details.code} ${actorId}`).toSorted()
    }
    const [desk, owner] = [lakeside.users['frontdesk']!.id, lakeside.users['owner']!.id]
    const expected = [`access_revoked ${desk}`, `session_ended ${desk}`, `session_ended ${owner}`].toSorted()
    let found: string[] = []
    await waitUntil(async () => (found = await read()).length >= expected.length, { what: 'the entries' })
    expect(found).toEqual(expected)
  })

  it.each([
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['an origin that only begins like ours', () => ({ origin: `${stack.origin}.evil.example` })],
    ['no origin', {}],
  ])('[SES1] %s gets HTTP 400 with the code', async (_name, given) => {
    const options = typeof given === 'function' ? given() : given
    const socket = new WebSocket(`${url().replace('http', 'ws')}/realtime/?EIO=4&transport=websocket`, options)
    const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      socket.on('open', () => reject(new Error('it was let in')))
      socket.on('error', () => {})
      socket.on('unexpected-response', (_request, response) => {
        let body = ''
        response
          .on('data', (chunk: Buffer) => (body += chunk.toString()))
          .on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      })
    })
    expect(answer.status).toBe(400)
    expect(answer.body).toContain('origin_forbidden')
  })

  it('[SES1] counts refusals by code', async () => {
    expect(await scrapeMetric(stack.nodes[0]!.adminUrl, 'derm_handshakes_refused_total')).toBeGreaterThanOrEqual(13)
    await expectAlive()
  })
})

describe('a subscription is refused, and says why', () => {
  let client: RecordingClient
  beforeAll(async () => {
    client = await connect(token)
  })
  afterAll(() => void client?.socket.disconnect())

  it.each([
    ['an empty list', { channels: [] }, 'empty_subscription'],
    ['nothing', undefined, 'validation_failed'],
    ['a name instead of a list', { channels: 'scheduling' }, 'validation_failed'],
    ['an unknown topic', { channels: [{ topic: '__proto__' }] }, 'validation_failed'],
    ['a location that is no id', { channels: [{ topic: 'scheduling', location: '../../x' }] }, 'validation_failed'],
    [
      'more than the limit',
      { channels: Array.from({ length: 101 }, () => ({ topic: 'scheduling' })) },
      'validation_failed',
    ],
    [
      'a cursor of nonsense',
      { channels: [{ topic: 'scheduling', cursors: { x: { epoch: 1, seq: -1 } } }] },
      'validation_failed',
    ],
  ])('[SES3] %s', async (_name, body, code) => {
    expect(await client.socket.timeout(5000).emitWithAck('subscribe', body)).toMatchObject({ ok: false, code })
  })

  it('[SEC1] a location that does not exist, another’s and another tenant’s look the same', async () => {
    const others = [
      { topic: 'scheduling', location: crypto.randomUUID() },
      { topic: 'scheduling', location: getSeedIds().summit.locations['main']!.id },
      { topic: 'billing' },
    ]
    expect(await client.subscribe(others)).toEqual({
      ok: true,
      node: 'realtime-1',
      channels: [],
      denied: others.map((other) => ({ ...other, code: 'unknown_channel' })),
    })
  })

  it('[SES3] survives a request without a function to answer, and one to an event that does not exist', async () => {
    client.socket.emit('subscribe', { channels: [{ topic: 'scheduling' }] }, 'no function')
    client.socket.emit('nobody:listens', { constructor: { prototype: 1 } })
    await expectAlive()
    expect(client.socket.connected).toBe(true)
  })
})

describe('a node survives', () => {
  it('[SES4] handlers that throw or reject', async () => {
    const client = await connect(token)
    client.socket.emit('fault:throw')
    client.socket.emit('fault:reject')
    await waitUntil(async () => (await scrapeMetric(stack.nodes[0]!.adminUrl, 'derm_handler_errors_total')) >= 2, {
      what: 'both to be counted',
    })
    expect(await client.subscribe([{ topic: 'scheduling', location: downtown }])).toMatchObject({ ok: true })
    client.socket.disconnect()
    await expectAlive()
  })

  it.each([
    ['an oversized packet', 'packet_too_large', `42["subscribe","${'x'.repeat(400_000)}"]`],
    ['a packet that is no Socket.IO', 'packet_malformed', '4?garbage'],
    ['a packet of a type that does not exist', 'packet_malformed', '49["x"]'],
    ['an event without a name', 'packet_malformed', '42{"a":1}'],
    ['JSON that breaks off', 'packet_malformed', '42["subscribe",{"channels":'],
    ['an attachment that never comes', 'packet_malformed', '451-["subscribe",{"_placeholder":true,"num":99999999}]'],
  ])('[SES4] %s: it ends that socket, and is counted', async (_name, code, packet) => {
    const count = async () => {
      const text = await (await fetch(`${stack.nodes[0]!.adminUrl}/metrics`)).text()
      return Number(new RegExp(`^derm_packets_refused_total\\{code="${code}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
    }
    const before = await count()
    const socket = await connectRaw()
    const ended = new Promise((resolve) => socket.once('close', resolve))
    socket.send(packet)
    if (packet.startsWith('451')) socket.send('42["subscribe"]')
    await ended
    await waitUntil(async () => (await count()) > before, { what: 'the packet to be counted' })
    await expectAlive()
  })

  it('[SES4] a flood of packets: it ends that socket', async () => {
    const socket = await connectRaw()
    const ended = new Promise((resolve) => socket.once('close', resolve))
    for (let i = 0; i < 500; i++) socket.send('42["subscribe",{"channels":[]}]')
    await ended
    await expectAlive()
  })

  it('[HIS6] garbage on every channel of Redis', async () => {
    const client = await connect(token)
    await client.subscribe([{ topic: 'scheduling', location: downtown }])
    const redis = new Redis(stack.redis.url)
    try {
      const channels = (await redis.call('PUBSUB', 'CHANNELS', '*')) as string[]
      expect(channels.some((channel) => channel.includes(':c:'))).toBe(true)
      expect(channels.some((channel) => channel.startsWith('derm:io'))).toBe(true)
      const patterns = ['derm:io#/#', 'derm:io#/#x#', 'derm:io#/#c:anything#']
      const foreign = [
        Buffer.alloc(0),
        Buffer.from('not ours'),
        Buffer.from([0xc1, 0xff, 0x00, 0x93]),
        Buffer.from('{"type":99,"data":null}'),
        Buffer.from('{"requestId":"x","type":2,"rooms":7}'),
        Buffer.from('{"requestId":{},"type":"__proto__"}'),
        Buffer.from('[]'),
        Buffer.from('null'),
        // msgpack: ["", {type: 2, nsp: "/"}, null] and [1, 2, 3]
        Buffer.from([0x93, 0xa0, 0x82, 0xa4, 0x74, 0x79, 0x70, 0x65, 0x02, 0xa3, 0x6e, 0x73, 0x70, 0xa1, 0x2f, 0xc0]),
        Buffer.from([0x93, 0x01, 0x02, 0x03]),
        Buffer.from(
          `20${'f'.repeat(15)}${'0'.repeat(15)}9${'1'.repeat(13)}${'A'.repeat(30)}42["appointment:created",{}]`,
        ),
        Buffer.alloc(1_000_000, 'x'),
      ]
      for (const channel of [...channels, ...patterns]) for (const bytes of foreign) await redis.publish(channel, bytes)
      await waitUntil(async () => (await scrapeMetric(stack.nodes[0]!.adminUrl, 'derm_foreign_messages_total')) > 0, {
        what: 'the foreign messages to be counted',
      })
    } finally {
      redis.disconnect()
    }
    await expectAlive()
    expect(client.events).toEqual([])
    expect(client.socket.connected).toBe(true)
    client.socket.disconnect()
  })
})
