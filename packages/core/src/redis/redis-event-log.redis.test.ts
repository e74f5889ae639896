import type { ChannelName } from '@derm/contract'
import { useTestRedis } from '@derm/servers/testing'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import { describeEventLog } from '../log/event-log-suite.ts'
import { encodeEntry } from '../log/frame.ts'
import { historyKey } from './keys.ts'
import { createRedisEventLogReader } from './redis-event-log-reader.ts'
import { createRedisEventLogWriter } from './redis-event-log-writer.ts'
import { createSigner } from './signer.ts'

const server = useTestRedis()
const open: Redis[] = []
afterEach(() => {
  for (const redis of open.splice(0)) redis.disconnect()
})

function connect(options: { autoResubscribe?: boolean } = {}): Redis {
  const redis = new Redis(server.url, { maxRetriesPerRequest: null, ...options })
  redis.on('error', () => {})
  open.push(redis)
  return redis
}
const createReader = () => createRedisEventLogReader(connect(), connect({ autoResubscribe: false }))

describeEventLog('Redis', () => ({ writer: createRedisEventLogWriter(connect()), connect: createReader }))

describe('the event log in Redis', () => {
  const channel = `${crypto.randomUUID()}/t/patients` as ChannelName
  const epoch = '0000000000020000'
  const sign = createSigner('a secret that is long enough for this')
  const entry = (seq: number) =>
    encodeEntry({ channel, epoch, seq, id: `id-${seq}`, type: 'patient:updated', at: 1, body: '{"data":{}}' }, sign)

  it('[HIS2] does not take for done what it can no longer compare', async () => {
    const writer = createRedisEventLogWriter(connect())
    await writer.append([{ channel, entries: [1, 2, 3].map(entry) }])
    await connect().xtrim(historyKey(channel), 'MAXLEN', '=', 1)
    expect((await writer.append([{ channel, entries: [1, 2].map(entry) }]))[0]).toMatchObject({
      reason: 'unverifiable',
    })
  })

  it('says when another server answers', async () => {
    const writer = createRedisEventLogWriter(connect())
    const before = await writer.serverIdentity()
    expect(await writer.serverIdentity()).toBe(before)
    await server.restartEmpty()
    await expect.poll(() => writer.serverIdentity()).not.toBe(before)
  })

  it('[HIS7] has confirmed every subscription again before it tells of a break', async () => {
    const feed = connect({ autoResubscribe: false })
    await expect.poll(() => feed.status).toBe('ready')
    const reader = createRedisEventLogReader(connect(), feed)
    const writer = createRedisEventLogWriter(connect())
    const heard: string[] = []
    let breaks = 0
    reader.onMessage((_channel, bytes) => heard.push(bytes))
    reader.onBreak(() => breaks++)
    await reader.subscribe(channel)
    for (let round = 1; round <= 5; round++) {
      await server.killPubsub()
      await expect.poll(() => breaks, { interval: 5 }).toBe(round)
      const { epoch: before, seq = 0 } = (await writer.heads([channel]))[0] ?? {}
      expect(before === undefined || before === epoch).toBe(true)
      await writer.append([{ channel, entries: [entry(seq + 1)] }])
      await expect.poll(() => heard.at(-1)).toBe(entry(seq + 1).bytes)
    }
  })
})
