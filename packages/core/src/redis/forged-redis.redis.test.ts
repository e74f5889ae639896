import type { ChannelName } from '@derm/contract'
import { useTestRedis } from '@derm/local-servers/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_ENTRY_LENGTH, encodeEntry } from '../event-log/frame.ts'
import { SIGNATURE_LENGTH } from '../event-log/signature.ts'
import { shardOf } from '../event-log/shard.ts'
import { createSigner, type SigningSecret } from '../event-log/signer.ts'
import { createSinglePubSub } from './event-log-pub-sub.ts'
import { caughtUpKey, headsKey, historyKey } from './keys.ts'
import { createRedisEventLogReader } from './redis-event-log-reader.ts'
import { createRedisEventLogWriter } from './redis-event-log-writer.ts'
import { encodeHead } from './stored-head.ts'

const server = useTestRedis()
const signer = createSigner([{ id: 'a-secret', secret: 'the secret of a test, of 32 characters' }], 'event log')
const stranger = createSigner(
  [{ id: 'a-secret', secret: 'the secret of somebody else, also 32 characters' }],
  'event log',
)
const toEpoch = (ms: number) => `${Math.floor(ms).toString(16).padStart(12, '0')}0000`
const EPOCH = toEpoch(Date.now())
const DAY_MS = 86_400_000
const BASE = { epoch: EPOCH, seq: 0 }
const LIMIT = { entries: 99, bytes: 99_999 }

let redis: Redis
let writer: ReturnType<typeof createRedisEventLogWriter>
let reader: ReturnType<typeof createRedisEventLogReader>
let born = 0
const opened: Redis[] = []
const open = () => {
  const connection = new Redis(server.url)
  opened.push(connection)
  return connection
}
beforeAll(() => {
  redis = open()
  writer = createRedisEventLogWriter(redis, { signer })
  reader = createRedisEventLogReader(redis, createSinglePubSub(open()), { signer })
})
afterAll(() => {
  for (const connection of opened) connection.disconnect()
})

const nextChannel = () =>
  `00000000-0000-4000-8000-00000000000c/l:00000000-0000-4000-8000-${String(++born).padStart(12, '0')}/scheduling` as ChannelName

const entry = (channel: ChannelName, seq: number, { epoch = EPOCH, sign = signer.sign, body = '{}' } = {}) =>
  encodeEntry({ channel, epoch, seq, id: `id-${seq}`, type: 'patient:updated', at: 1_800_000_000_000, body }, sign)
const list = (channel: ChannelName, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => entry(channel, from + i))
const append = async (channel: ChannelName, from: number, to = from) =>
  (await writer.append([{ channel, entries: list(channel, from, to) }]))[0]!
const putHead = (channel: ChannelName, text: string) => redis.hset(headsKey(shardOf(channel)), channel, text)
const headOf = async (channel: ChannelName) => (await reader.heads([channel]))[0]

/** A channel with three events. */
async function begin(): Promise<ChannelName> {
  const channel = nextChannel()
  expect(await append(channel, 1, 3)).toMatchObject({ ok: true, appended: 3 })
  return channel
}

/** What a relay does when an event cannot follow. */
async function publishNext(channel: ChannelName, seq: number): Promise<unknown> {
  const first = await append(channel, seq)
  if (first.ok) return first
  expect(['unknown', 'gap']).toContain(first.reason)
  const refill = { channel, entries: list(channel, 1, seq - 1) }
  expect(await writer.refill(refill, BASE, { replaces: true })).toMatchObject({ ok: true })
  return append(channel, seq)
}

describe('[SEC20] a head that no relay signed', () => {
  const forgeries: [string, (channel: ChannelName) => string][] = [
    ['none at all', () => '0ffffffffffffff0:5'],
    ['another secret’s', (channel) => encodeHead(channel, { epoch: EPOCH, seq: 9 }, stranger.sign)],
    ['that of another channel', () => encodeHead(nextChannel(), { epoch: EPOCH, seq: 9 }, signer.sign)],
    [
      'ours, with another seq',
      (channel) => encodeHead(channel, { epoch: EPOCH, seq: 3 }, signer.sign).replace(':3:', ':4:'),
    ],
    ['that of an entry', (channel) => `${EPOCH}:9:${entry(channel, 9).bytes.slice(46, 46 + SIGNATURE_LENGTH)}`],
    [
      'of a later epoch',
      (channel) => encodeHead(channel, { epoch: toEpoch(Date.now() + 1000), seq: 9 }, stranger.sign),
    ],
    ['a megabyte', () => 'x'.repeat(1_000_000)],
  ]
  for (const [what, forge] of forgeries)
    it(`is unknown to readers, and does not keep a relay from publishing: ${what}`, async () => {
      const channel = await begin()
      const position = { epoch: EPOCH, seq: 3 }
      await putHead(channel, forge(channel))
      expect(await headOf(channel)).toBeNull()
      expect(await writer.heads([channel])).toEqual([null])
      expect(await reader.history(channel, position, LIMIT)).toEqual({ kind: 'unknown' })
      expect(await publishNext(channel, 4)).toMatchObject({ ok: true, head: { epoch: EPOCH, seq: 4 } })
      expect(await reader.history(channel, position, LIMIT)).toMatchObject({
        kind: 'complete',
        entries: [entry(channel, 4)],
      })
    })

  it('nor a history that is put together from genuine entries: with a hole in it, it is unreachable', async () => {
    const channel = await begin()
    await redis.del(historyKey(channel))
    for (const [id, seq] of [
      ['1-0', 1],
      ['2-0', 3],
      ['3-0', 3],
    ] as const)
      await redis.xadd(historyKey(channel), id, 'i', entry(channel, seq).id, 'b', entry(channel, seq).bytes)
    const read = await reader.history(channel, { epoch: EPOCH, seq: 0 }, LIMIT)
    expect(read.kind).toBe('unreachable')
  })

  it('does not pass for "already there"', async () => {
    const channel = nextChannel()
    await redis.xadd(historyKey(channel), '5-0', 'i', 'id-5', 'b', 'forged')
    await putHead(channel, encodeHead(channel, { epoch: EPOCH, seq: 5 }, stranger.sign))
    expect(await append(channel, 5)).toMatchObject({ ok: false, reason: 'unknown', head: null })
  })
})

describe('[SEC21] an epoch far ahead of the clock', () => {
  it('is none, though it is signed', async () => {
    const channel = await begin()
    for (const aheadMs of [2 * DAY_MS, 400 * DAY_MS, 2 ** 44 - Date.now() - 1]) {
      await putHead(channel, encodeHead(channel, { epoch: toEpoch(Date.now() + aheadMs), seq: 9 }, signer.sign))
      expect(await headOf(channel), String(aheadMs)).toBeNull()
      expect(await publishNext(channel, 4), String(aheadMs)).toMatchObject({ ok: true })
    }
  })

  it('is one within what clocks are wrong by', async () => {
    const channel = nextChannel()
    const epoch = toEpoch(Date.now() + DAY_MS)
    await writer.append([{ channel, entries: [entry(channel, 1, { epoch })] }])
    expect(await headOf(channel)).toEqual({ epoch, seq: 1 })
  })
})

describe('[SEC20] what somebody else did to a history is undone by the next refill:', () => {
  const deeds: [string, (channel: ChannelName) => Promise<unknown>][] = [
    ['another type', (channel) => redis.multi().del(historyKey(channel)).set(historyKey(channel), 'text').exec()],
    [
      'another type of the heads',
      (channel) =>
        redis
          .multi()
          .del(headsKey(shardOf(channel)))
          .set(headsKey(shardOf(channel)), 'text')
          .exec(),
    ],
    ['an entry far ahead', (channel) => redis.xadd(historyKey(channel), '999-0', 'i', 'x', 'b', 'forged')],
    [
      'the last entry that there can be',
      (channel) => redis.xadd(historyKey(channel), '18446744073709551615-18446744073709551615', 'i', 'x', 'b', 'x'),
    ],
    ['the next entry', (channel) => redis.xadd(historyKey(channel), '4-0', 'i', 'id-4', 'b', 'forged')],
    ['deleted heads', (channel) => redis.del(headsKey(shardOf(channel)))],
  ]
  for (const [what, deed] of deeds)
    it(what, async () => {
      const channel = await begin()
      await deed(channel)
      expect(await reader.heads([channel])).toHaveLength(1)
      expect(await publishNext(channel, 4)).toMatchObject({ ok: true, head: { epoch: EPOCH, seq: 4 } })
      expect(await reader.history(channel, BASE, LIMIT)).toMatchObject({
        kind: 'complete',
        entries: list(channel, 1, 4),
      })
    })

  it('an entry of another id is no conflict, unless a relay signed it', async () => {
    const channel = await begin()
    await redis.del(historyKey(channel))
    for (const seq of [1, 2, 3])
      await redis.xadd(
        historyKey(channel),
        `${seq}-0`,
        'i',
        'other',
        'b',
        entry(channel, seq, { sign: stranger.sign }).bytes,
      )
    expect(await append(channel, 3)).toMatchObject({ ok: false, reason: 'unknown' })
    const kept = await begin()
    const other = { ...entry(kept, 3), id: 'other' }
    expect((await writer.append([{ channel: kept, entries: [other] }]))[0]).toMatchObject({ reason: 'conflict' })
  })
})

describe('[SEC20] what is larger than any entry', () => {
  it('never leaves Redis, and makes its channel’s history unreachable', async () => {
    const channel = await begin()
    await redis.xadd(historyKey(channel), '4-0', 'i', 'x', 'b', 'x'.repeat(4 * MAX_ENTRY_LENGTH))
    await putHead(channel, encodeHead(channel, { epoch: EPOCH, seq: 4 }, signer.sign))
    await redis.config('RESETSTAT')
    expect(await reader.history(channel, BASE, LIMIT)).toMatchObject({ kind: 'unreachable' })
    expect(Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1])).toBeLessThan(MAX_ENTRY_LENGTH)
  })

  it('but the largest that a relay may write is read', async () => {
    const channel = nextChannel()
    const room = MAX_ENTRY_LENGTH - entry(channel, 1, { body: '{"data":""}' }).bytes.length
    // Each of these characters has three bytes.
    const largest = entry(channel, 1, { body: JSON.stringify({ data: '…'.repeat(room) }) })
    expect(largest.bytes).toHaveLength(MAX_ENTRY_LENGTH)
    expect((await writer.append([{ channel, entries: [largest] }]))[0]).toMatchObject({ ok: true })
    const limit = { entries: 9, bytes: 512 * 1024 }
    expect(await reader.history(channel, BASE, limit)).toMatchObject({ kind: 'complete', entries: [largest] })
  })
})

describe('[SEC22] a caught-up lease', () => {
  const held = async () => [...(await reader.caughtUp([1])).keys()]
  const lease = () => redis.get(caughtUpKey(1))

  it('that no relay signed, for this shard, is none', async () => {
    await redis.set(caughtUpKey(1), '1')
    expect(await held()).toEqual([])
    await createRedisEventLogWriter(redis, { signer: stranger }).renewCaughtUpLeases([{ shard: 1, except: [] }], 60_000)
    expect(await held()).toEqual([])
    await writer.renewCaughtUpLeases([{ shard: 2, except: [] }], 60_000)
    await redis.copy(caughtUpKey(2), caughtUpKey(1), 'REPLACE')
    expect(await held()).toEqual([])
    await redis.del(caughtUpKey(1))
    await redis.lpush(caughtUpKey(1), 'a list')
    expect(await held()).toEqual([])
    await redis.del(caughtUpKey(1))
  })

  it('is worth nothing once its time is over, whoever puts it back', async () => {
    await writer.renewCaughtUpLeases([{ shard: 1, except: [] }], 300)
    const text = (await lease()) ?? ''
    expect(await held()).toEqual([1])
    await expect.poll(lease).toBeNull()
    await redis.set(caughtUpKey(1), text)
    expect(await held()).toEqual([])
    // Nor with another time written into it.
    const [signature, , ...rest] = text.split(':')
    await redis.set(caughtUpKey(1), [signature, Date.now(), ...rest].join(':'))
    expect(await held()).toEqual([])
  })
})

describe('[SEC27] a secret is changed by a list of the new and the old one', () => {
  const old = { id: 'old-secr', secret: 'the old secret of thirty-two characters' }
  const fresh = { id: 'new-secr', secret: 'the new secret of thirty-two characters' }
  const withSecrets = (...secrets: SigningSecret[]) => {
    const keys = createSigner(secrets, 'event log')
    return {
      writer: createRedisEventLogWriter(redis, { signer: keys }),
      reader: createRedisEventLogReader(redis, createSinglePubSub(open()), { signer: keys }),
    }
  }

  it('without a moment in which a head is unknown', async () => {
    const channel = nextChannel()
    const seqOf = async (eventLog: ReturnType<typeof withSecrets>) => (await eventLog.reader.heads([channel]))[0]?.seq
    const steps = [withSecrets(old), withSecrets(old, fresh), withSecrets(fresh, old), withSecrets(fresh)]
    for (const [i, step] of steps.entries()) {
      await step.writer.append([{ channel, entries: [entry(channel, i + 1)] }])
      // While processes are restarted one by one, their neighbours are a step ahead or behind.
      for (const other of [steps[i - 1], step, steps[i + 1]])
        if (other) expect(await seqOf(other), `step ${i}`).toBe(i + 1)
    }
    expect(await seqOf(withSecrets(old))).toBeUndefined()
  })
})
