import pg from 'pg'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  MAX_EPOCH_AHEAD_OF_CLIENT_MS,
  Position,
  formatPositions,
  isPlausibleEpoch,
  parsePositions,
  readDownMessage,
  type ChannelName,
} from '@derm/contract'
import { encodeEntry, readPrefix } from '@derm/core'
import {
  createSinglePubSub,
  createRedisEventLogReader,
  createRedisEventLogWriter,
  createSigner,
} from '@derm/core/redis'
import { parseSecretList } from '@derm/runtime'
import { useTestDatabase, useTestRedis } from '@derm/test-kit'

const db = useTestDatabase()
const server = useTestRedis()
const signer = createSigner(parseSecretList('the secret of a test which is a long one'), 'event log')
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const RUNS = 400
let client: pg.Client
let redis: Redis
let pubSub: Redis
beforeAll(async () => {
  client = new pg.Client(db.superuserUrl)
  await client.connect()
  redis = new Redis(server.url)
  pubSub = new Redis(server.url)
})
afterAll(async () => {
  redis.disconnect()
  pubSub.disconnect()
  await client.end()
})

const toEpoch = (ms: number, tail = 0) =>
  `${Math.floor(ms).toString(16).padStart(12, '0')}${tail.toString(16).padStart(4, '0')}`
const draw = (most: number) => Math.floor(Math.random() * most)

/** Whatever may stand before: nothing, a past, a clock that was ahead, somebody's doing, and no epoch at all. */
const PREDECESSORS: (() => string | null)[] = [
  () => null,
  () => '',
  () => 'not an epoch',
  () => toEpoch(draw(Date.now()), draw(65_536)),
  () => toEpoch(Date.now(), 65_535),
  () => toEpoch(Date.now() + draw(DAY_MS), draw(65_536)),
  () => toEpoch(Date.now() + DAY_MS - 500 + draw(1000), 65_535),
  () => toEpoch(Date.now() + DAY_MS + draw(400 * DAY_MS), draw(65_536)),
  () => toEpoch(2 ** 44 - 1 - draw(1000), 65_535),
  () => toEpoch(2 ** 44 + draw(2 ** 44)),
  () => 'f'.repeat(16),
  () => '0ffffffffffffff0',
]

async function nextEpoch(than: string | null): Promise<string> {
  const { rows } = await client.query<{ epoch: string }>('SELECT next_epoch($1) AS epoch', [than])
  return rows[0]!.epoch
}

describe('[SEC21] whatever next_epoch answers', () => {
  it('is taken by every reader, and follows every predecessor that one takes', async () => {
    const writer = createRedisEventLogWriter(redis, { signer })
    const reader = createRedisEventLogReader(redis, createSinglePubSub(pubSub), { signer })
    for (let i = 0; i < RUNS; i++) {
      const than = PREDECESSORS[i % PREDECESSORS.length]!()
      const epoch = await nextEpoch(than)
      const what = `${than} → ${epoch}`
      const channel = `00000000-0000-4000-8000-00000000000d/l:${crypto.randomUUID()}/scheduling` as ChannelName
      const position = { epoch, seq: 1 }
      const row = { channel, ...position, id: crypto.randomUUID(), type: 'patient:updated', at: Date.now(), body: '{}' }
      const entry = encodeEntry(row, signer.sign)
      // The wire, HTTP, the relay's entries, Redis with its scripts, the nodes' and the clients' clocks.
      expect(Position.safeParse(position).success, what).toBe(true)
      expect(readDownMessage('resync', { channel, ...position }), what).not.toBeNull()
      expect(parsePositions(formatPositions({ 't/patients': position })), what).toEqual({ 't/patients': position })
      expect(readPrefix(entry.bytes), what).toMatchObject(position)
      expect(isPlausibleEpoch(epoch, Date.now()), what).toBe(true)
      expect(isPlausibleEpoch(epoch, Date.now() - DAY_MS, MAX_EPOCH_AHEAD_OF_CLIENT_MS), what).toBe(true)
      expect(await writer.append([{ channel, entries: [entry] }]), what).toMatchObject([{ ok: true }])
      expect(await reader.heads([channel]), what).toEqual([position])
      const read = await reader.history(channel, { epoch, seq: 0 }, { entries: 9, bytes: 9999 })
      expect(read, what).toMatchObject({ kind: 'complete', entries: [entry] })
      if (than && /^0[0-9a-f]{15}$/.test(than) && isPlausibleEpoch(than, Date.now(), DAY_MS - HOUR_MS))
        expect(epoch > than, what).toBe(true)
      // Nor does it ever get further ahead by itself.
      expect(isPlausibleEpoch(await nextEpoch(epoch), Date.now()), what).toBe(true)
    }
  }, 60_000)

  it('one channel’s impossible epoch becomes nobody else’s', async () => {
    await client.query('BEGIN')
    try {
      await client.query(
        `INSERT INTO channel_heads (channel, shard, tenant_id, epoch, seq, updated_at)
         VALUES ('00000000-0000-4000-8000-00000000000d/t/patients', 0, '00000000-0000-4000-8000-00000000000d', $1, 1, now())`,
        ['0ffffffffffffff0'],
      )
      const { rows } = await client.query<{ epoch: string }>('SELECT start_event_epoch() AS epoch')
      expect(isPlausibleEpoch(rows[0]!.epoch, Date.now(), HOUR_MS)).toBe(true)
    } finally {
      await client.query('ROLLBACK')
    }
  })
})
