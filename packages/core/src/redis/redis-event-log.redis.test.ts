import type { ChannelName } from '@derm/contract'
import { useTestRedis } from '@derm/local-servers/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { describeEventLog, suiteSigner as signer, type LogUnderTest } from '../event-log/event-log-suite.ts'
import { encodeEntry } from '../event-log/frame.ts'
import { shardOf } from '../event-log/shard.ts'
import { createSinglePubSub } from './event-log-pub-sub.ts'
import { pubSubName, headsKey, historyKey } from './keys.ts'
import { createRedisEventLogReader } from './redis-event-log-reader.ts'
import { createRedisEventLogWriter } from './redis-event-log-writer.ts'
import { encodeHead } from './stored-head.ts'

const server = useTestRedis()
const EPOCH = '0000000000010000'
/** What a relay stores for a head. */
const signedHead = (channel: ChannelName, epoch: string, seq: number) =>
  encodeHead(channel, { epoch, seq }, signer.sign)
const opened: Redis[] = []
let redis: Redis

const open = (options = {}) => {
  const connection = new Redis(server.url, { maxRetriesPerRequest: null, ...options })
  // A test below takes the server away for a while.
  connection.on('error', () => {})
  opened.push(connection)
  return connection
}
const createReader = async () => {
  const pubSub = open({ autoResubscribe: false })
  // Ready before anything is subscribed: its first break is then one that the test made.
  await pubSub.ping()
  return createRedisEventLogReader(redis, createSinglePubSub(pubSub), { signer })
}

beforeAll(() => void (redis = open()))
afterAll(() => {
  for (const connection of opened) connection.disconnect()
})

let eventLog: LogUnderTest | undefined
const makeLog = (): LogUnderTest =>
  (eventLog ??= {
    writer: createRedisEventLogWriter(redis, { signer }),
    connect: createReader,
    async forget(channel) {
      await redis.hdel(headsKey(shardOf(channel)), channel)
    },
    async trim(channel, keep) {
      await redis.xtrim(historyKey(channel), 'MAXLEN', keep)
    },
    async loseAfter(channel, { epoch, seq }) {
      for (const [id] of await redis.xrange(historyKey(channel), `(${seq}-0`, '+'))
        await redis.xdel(historyKey(channel), id)
      await redis.call('XSETID', historyKey(channel), `${seq}-0`)
      await redis.hset(headsKey(shardOf(channel)), channel, signedHead(channel, epoch, seq))
    },
  })

describe('the event log on Redis', () => describeEventLog(makeLog))

describe('on Redis only', () => {
  const TENANT = '00000000-0000-4000-8000-00000000000b'
  const channelOf = (n: number) =>
    `${TENANT}/l:00000000-0000-4000-8000-${String(n).padStart(12, '0')}/scheduling` as ChannelName
  const entry = (channel: ChannelName, seq: number) =>
    encodeEntry(
      { channel, epoch: EPOCH, seq, id: `${seq}`, type: 'patient:updated', at: 1_800_000_000_000, body: '{}' },
      signer.sign,
    )
  const list = (channel: ChannelName, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => entry(channel, from + i))

  it('heads of many channels are one HMGET per shard', async () => {
    const channels = Array.from({ length: 60 }, (_, i) => channelOf(i))
    const { writer } = makeLog()
    await writer.append([{ channel: channels[7]!, entries: [entry(channels[7]!, 1)] }])
    await redis.config('RESETSTAT')
    const heads = await writer.heads(channels)
    const [, calls] = /cmdstat_hmget:calls=(\d+)/.exec(await redis.info('commandstats')) ?? []
    expect(Number(calls)).toBe(new Set(channels.map(shardOf)).size)
    expect(heads.map((head) => head?.seq ?? null)).toEqual(channels.map((_, i) => (i === 7 ? 1 : null)))
  })

  it('[HIS3] a server that lost its scripts with its data is written to again', async () => {
    const { writer } = makeLog()
    const channel = channelOf(101)
    await writer.append([{ channel, entries: list(channel, 1, 2) }])
    await redis.flushall()
    await redis.script('FLUSH')
    expect(await writer.append([{ channel, entries: list(channel, 3, 3) }])).toMatchObject([{ reason: 'unknown' }])
    expect(await writer.refill({ channel, entries: list(channel, 1, 2) }, { epoch: EPOCH, seq: 0 })).toMatchObject({
      ok: true,
    })
    expect(await writer.append([{ channel, entries: list(channel, 3, 3) }])).toMatchObject([{ ok: true }])
  })

  it('[HIS2] [SES30] a history of several pieces is read without a gap, up to each limit', async () => {
    const { writer } = makeLog()
    const channel = channelOf(103)
    const all = list(channel, 1, 100)
    await writer.append([{ channel, entries: all }])
    const reader = await createReader()
    const read = async (after: number, entries: number, bytes = 1e6) => {
      const found = await reader.history(channel, { epoch: EPOCH, seq: after }, { entries, bytes })
      return 'entries' in found ? [found.kind, found.entries.map(({ seq }) => seq)] : [found.kind]
    }
    const seqs = (from: number, to: number) => all.slice(from - 1, to).map(({ seq }) => seq)
    expect(await read(0, 1000)).toEqual(['complete', seqs(1, 100)])
    expect(await read(4, 96)).toEqual(['complete', seqs(5, 100)])
    expect(await read(0, 64)).toEqual(['partial', seqs(1, 64)])
    expect(await read(0, 1000, all[0]!.bytes.length * 40.5)).toEqual(['partial', seqs(1, 40)])
  })

  it('[HIS6] what somebody else wrote into the history makes it unreachable, not readable', async () => {
    const { writer } = makeLog()
    const channel = channelOf(102)
    await writer.append([{ channel, entries: list(channel, 1, 2) }])
    await redis.xadd(historyKey(channel), '3-0', 'i', 'x', 'b', 'what is this')
    await redis.hset(headsKey(shardOf(channel)), channel, signedHead(channel, EPOCH, 3))
    const read = await (await createReader()).history(channel, { epoch: EPOCH, seq: 0 }, { entries: 9, bytes: 9999 })
    expect(read.kind).toBe('unreachable')
  })

  it('[HIS6] a head that is none is as good as unknown: to readers, to appends, to refills', async () => {
    const { writer } = makeLog()
    const strange = [
      ...['what is this', 'zzzzzzzzzzzzzzzz:9', '', `${EPOCH}:`, `${EPOCH}:-1`, `${EPOCH}:12345678901234567`],
      ...['0BCDEF0123456789:5', 'ABCDEF0123456789:5', 'ffffffffffffffff:5'],
    ]
    for (const [i, text] of strange.entries()) {
      const channel = channelOf(200 + i)
      const deface = () => redis.hset(headsKey(shardOf(channel)), channel, text)
      await deface()
      expect(await writer.heads([channel]), text).toEqual([null])
      const reader = await createReader()
      const limit = { entries: 9, bytes: 9999 }
      expect(await reader.history(channel, { epoch: EPOCH, seq: 0 }, limit), text).toEqual({ kind: 'unknown' })
      expect(await writer.append([{ channel, entries: list(channel, 2, 2) }])).toMatchObject([{ reason: 'unknown' }])
      const base = { epoch: EPOCH, seq: 0 }
      expect(await writer.refill({ channel, entries: list(channel, 1, 2) }, base), text).toMatchObject({ ok: true })
      await deface()
      await redis.del(historyKey(channel))
      expect(await writer.append([{ channel, entries: list(channel, 1, 1) }]), text).toMatchObject([{ ok: true }])
    }
  })

  it('[HIS6] what is published under another name reaches nobody', async () => {
    const { writer, connect } = makeLog()
    const channel = channelOf(105)
    const reader = await connect()
    const heard: string[] = []
    reader.onMessage((from, bytes) => heard.push(`${from === channel} ${bytes}`))
    await reader.subscribe(channel)
    await redis.publish(`${pubSubName(channel)}x`, 'forged')
    await redis.publish(pubSubName(channelOf(106)), 'forged')
    await writer.append([{ channel, entries: list(channel, 1, 1) }])
    await vi.waitFor(() => expect(heard).toEqual([`true ${entry(channel, 1).bytes}`]))
  })

  it('[HIS1] a history stays near its limit, the newest entries in it', async () => {
    const writer = createRedisEventLogWriter(redis, { signer, maxEntries: 100 })
    const channel = channelOf(107)
    for (let from = 1; from <= 901; from += 100)
      await writer.append([{ channel, entries: list(channel, from, from + 99) }])
    const length = await redis.xlen(historyKey(channel))
    expect(length).toBeGreaterThanOrEqual(100)
    expect(length).toBeLessThan(400)
    const read = await (
      await createReader()
    ).history(channel, { epoch: EPOCH, seq: 950 }, { entries: 100, bytes: 99_999 })
    expect(read).toMatchObject({ kind: 'complete', entries: list(channel, 951, 1000) })
  })

  it('[REL5] a server that was started anew says that it is another', async () => {
    const { serverIdentity } = createRedisEventLogWriter(redis, { signer })
    const before = await serverIdentity()
    expect(await serverIdentity()).toBe(before)
    await server.restartEmpty()
    await vi.waitFor(async () => expect(await serverIdentity()).not.toBe(before))
  })

  it('[REC10] pub/sub that is away says so at once, and keeps nothing for later', async () => {
    const { writer } = makeLog()
    const channel = channelOf(110)
    const pubSub = open({ autoResubscribe: false })
    await pubSub.ping()
    const reader = createRedisEventLogReader(redis, createSinglePubSub(pubSub), { signer })
    const heard: string[] = []
    reader.onMessage((_channel, bytes) => heard.push(bytes))
    pubSub.disconnect()
    await vi.waitFor(() => expect(pubSub.status).toBe('end'))
    await expect(reader.subscribe(channel)).rejects.toThrow('not connected')
    await reader.unsubscribe(channel)
    await pubSub.connect()
    await writer.append([{ channel, entries: list(channel, 1, 1) }])
    await reader.subscribe(channel)
    await writer.append([{ channel, entries: list(channel, 2, 2) }])
    await vi.waitFor(() => expect(heard).toEqual([entry(channel, 2).bytes]))
  })

  it('[HIS7] a connection that the server cut is whole again when the break is told', async () => {
    const { writer, connect } = makeLog()
    const channels = Array.from({ length: 700 }, (_, i) => channelOf(1000 + i))
    const reader = await connect()
    const heard = new Set<ChannelName>()
    reader.onMessage((channel) => void heard.add(channel))
    await Promise.all(channels.map((channel) => reader.subscribe(channel)))
    const told = new Promise<void>((resolve) => reader.onBreak(resolve))
    expect(await server.killPubsub()).toBeGreaterThan(0)
    await told
    await writer.append(channels.map((channel) => ({ channel, entries: [entry(channel, 1)] })))
    await vi.waitFor(() => expect(heard.size).toBe(channels.length))
  })
})
