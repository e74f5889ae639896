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
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

const { lakeside, summit } = getSeedIds()
const downtown = lakeside.locations['downtown']!.id
const channelOf = (location: string) => `${lakeside.tenantId}/l:${location}/scheduling`
type Served = SubscribeAck & { ok: true }
let stack: Stack
let redis: Redis
let writer: EventWriter
const clients: RecordingClient[] = []

beforeAll(async () => {
  stack = await startStack({
    apis: 1,
    nodes: 1,
    env: { MAX_CONNECTIONS_PER_USER: '300', RECOVERY_BURST_BYTES: '16777216' },
  })
  redis = new Redis(stack.redis.url)
  writer = createEventWriter({
    apiUrl: stack.databases.apiUrl,
    tenantId: lakeside.tenantId,
    locationId: downtown,
    actorId: lakeside.users['owner']!.id,
  })
})
afterAll(async () => {
  redis?.disconnect()
  await writer?.stop()
  await stack?.stop()
})
afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.disconnect()
})

async function connect(email: string): Promise<RecordingClient> {
  const { accessToken: token } = await signIn(stack.apis[0]!.url, stack.origin, email)
  return connectWith(token)
}
async function connectWith(token: string): Promise<RecordingClient> {
  const client = await connectClient({ url: stack.nodes[0]!.url, origin: stack.origin, token })
  clients.push(client)
  return client
}
const served = (ack: SubscribeAck): Served => {
  if (!ack.ok) throw new Error(ack.code)
  return ack
}
/** How often any history was read, by whoever. */
async function countReads(): Promise<number> {
  return Number(/cmdstat_xrange:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0)
}
/** A position of `events` events ago. */
async function fallBack(events: number): Promise<Record<string, { epoch: string; seq: number }>> {
  const client = await connect(lakeside.users['owner']!.email)
  const { channels } = served(await client.subscribe([{ topic: 'scheduling', location: downtown }]))
  const { channel, epoch, seq } = channels[0]!
  await writer.write(events)
  await waitUntil(() => client.events.length >= events, { what: 'the events' })
  return { [channel]: { epoch, seq } }
}

describe('[SES28] a socket of somebody with 2,000 locations', () => {
  const biller = lakeside.users['biller']!
  const locations = Array.from({ length: 1_999 }, () => crypto.randomUUID())
  beforeAll(async () => {
    await stack.query(
      'UPDATE user_access SET locations = $2::jsonb, version = version + 1, grants = $3::jsonb WHERE user_id = $1',
      [biller.id, JSON.stringify([...locations, downtown]), JSON.stringify([{ role: 'biller', locationId: null }])],
    )
  })

  it('is served up to the limit, hears of what it is served, and is told of the rest', async () => {
    const client = await connect(biller.email)
    const cursors = { [channelOf(downtown)]: { epoch: '0'.repeat(16), seq: 0 } }
    const { channels, denied } = served(await client.subscribe([{ topic: 'scheduling', location: '*', cursors }]))
    expect([channels.length, denied.length]).toEqual([500, 1_500])
    expect(new Set(denied.map(({ code }) => code))).toEqual(new Set(['too_many_channels']))
    // What it has followed before is among them, though it is the last of its locations.
    expect(channels.map(({ channel }) => channel)).toContain(channelOf(downtown))
    await writer.write(1)
    await waitUntil(() => client.events.length > 0, { what: 'an event of what is served' })
    expect(client.socket.connected).toBe(true)
  })

  it('with a cursor for each in one packet is answered, and keeps what it has when it asks for more', async () => {
    const client = await connect(biller.email)
    const first = served(await client.subscribe([{ topic: 'scheduling', location: '*' }]))
    const cursors = Object.fromEntries(
      [...locations, downtown].map((location) => [channelOf(location), { epoch: '0'.repeat(16), seq: 1 }]),
    )
    const again = served(await client.subscribe([{ topic: 'scheduling', cursors }, { topic: 'patients' }]))
    const names = ({ channels }: Served) => channels.map(({ channel }) => channel)
    expect(new Set(names(again))).toEqual(new Set(names(first)))
    expect(again.denied).toContainEqual({ topic: 'patients', code: 'too_many_channels' })
    expect(client.frames.filter(({ name }) => name === 'access:changed')).toEqual([])
    await client.socket.timeout(5_000).emitWithAck('unsubscribe', { channels: names(first).slice(0, 1) })
    expect(names(served(await client.subscribe([{ topic: 'patients' }])))).toEqual([`${lakeside.tenantId}/t/patients`])
  })
})

describe('[SES23] clients that come back together', () => {
  it('with equal cursors cost Redis a handful of reads, and each gets what it missed', async () => {
    const cursors = await fallBack(400)
    const { accessToken } = await signIn(stack.apis[0]!.url, stack.origin, lakeside.users['frontdesk']!.email)
    const storm = await Promise.all(Array.from({ length: 150 }, () => connectWith(accessToken)))
    const before = await countReads()
    const answers = await Promise.all(
      storm.map((client) => client.subscribe([{ topic: 'scheduling', location: downtown, cursors }])),
    )
    const recovered = answers.flatMap((ack) => served(ack).channels).filter(({ status }) => status === 'recovered')
    // One user's budget bears some sixty of these; the others are told to resync.
    expect(recovered.length).toBeGreaterThan(20)
    expect(new Set(recovered.map(({ events }) => events.length))).toEqual(new Set([400]))
    expect((await countReads()) - before).toBeLessThanOrEqual(5)
    expect(storm.every(({ socket }) => socket.connected)).toBe(true)
  })
})

describe('[SES24] a user who asks for one recovery after the other', () => {
  it('gets less, and nothing ends; another tenant recovers meanwhile, and nobody is told late', async () => {
    const cursors = await fallBack(400)
    const { accessToken } = await signIn(stack.apis[0]!.url, stack.origin, lakeside.users['provider']!.email)
    const greedy = await Promise.all(Array.from({ length: 15 }, () => connectWith(accessToken)))
    const other = await connect(summit.users['owner']!.email)
    const main = summit.locations['main']!.id
    await other.subscribe([{ topic: 'scheduling', location: main }])
    const statuses: string[] = []
    const ask = async (client: RecordingClient) => {
      for (let i = 0; i < 20; i++) {
        const ack = await client.subscribe([{ topic: 'scheduling', location: downtown, cursors }])
        statuses.push(...served(ack).channels.map(({ status }) => status))
      }
    }
    const asking = Promise.all(greedy.map(ask))
    const [channel] = served(await other.subscribe([{ topic: 'scheduling', location: main }])).channels
    const away = { [channel!.channel]: { epoch: channel!.epoch, seq: Math.max(0, channel!.seq - 1) } }
    const back = served(await other.subscribe([{ topic: 'scheduling', location: main, cursors: away }]))
    expect(back.channels[0]).toMatchObject({ seq: channel!.seq })
    await asking
    expect(statuses.filter((status) => status === 'recovered').length).toBeGreaterThan(10)
    expect(statuses.filter((status) => status === 'recovered').length).toBeLessThan(110)
    expect(greedy.every(({ socket }) => socket.connected)).toBe(true)
    expect(
      other.frames.filter(({ name, body }) => name === 'feed' && Object.values(body as object).includes(true)),
    ).toEqual([])
    expect(await scrapeMetric(stack.nodes[0]!.adminUrl, 'derm_lagging')).toBe(0)
  })
})
