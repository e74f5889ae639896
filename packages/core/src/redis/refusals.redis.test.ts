import type { ChannelName } from '@derm/contract'
import { useTestRedis } from '@derm/local-servers/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { suiteSigner as signer } from '../event-log/event-log-suite.ts'
import { encodeEntry } from '../event-log/frame.ts'
import { readFailureReason } from '../failure-reason.ts'
import { createSinglePubSub } from './event-log-pub-sub.ts'
import { createRedisEventLogReader } from './redis-event-log-reader.ts'
import { createRedisEventLogWriter } from './redis-event-log-writer.ts'

const server = useTestRedis()
const EPOCH = '0000000000010000'
let redis: Redis
let listening: Redis
beforeAll(() => {
  redis = new Redis(server.url)
  listening = new Redis(server.url, { autoResubscribe: false, maxRetriesPerRequest: null })
  for (const connection of [redis, listening]) connection.on('error', () => {})
})
afterAll(() => {
  redis.disconnect()
  listening.disconnect()
})

const append = (n: number, seq: number) => {
  const channel =
    `00000000-0000-4000-8000-00000000000d/l:00000000-0000-4000-8000-${String(n).padStart(12, '0')}/scheduling` as ChannelName
  const event = {
    channel,
    epoch: EPOCH,
    seq,
    id: String(seq),
    type: 'patient:updated',
    at: 1_800_000_000_000,
    body: '{}',
  }
  return createRedisEventLogWriter(redis, { signer }).append([{ channel, entries: [encodeEntry(event, signer.sign)] }])
}

/** What makes a server refuse, and what makes it serve again. */
const TROUBLES: [
  reason: string,
  refuse: (admin: Redis) => Promise<unknown>,
  serve: (admin: Redis) => Promise<unknown>,
][] = [
  ['OOM', (admin) => admin.config('SET', 'maxmemory', '1'), (admin) => admin.config('SET', 'maxmemory', '0')],
  ['READONLY', (admin) => admin.replicaof('127.0.0.1', 1), (admin) => admin.replicaof('NO', 'ONE')],
  [
    'NOPERM',
    (admin) => admin.call('ACL', 'SETUSER', 'default', '-evalsha', '-eval'),
    (admin) => admin.call('ACL', 'SETUSER', 'default', '+evalsha', '+eval'),
  ],
]

describe('[REL15] what a whole server refuses is no event’s fault:', () => {
  for (const [i, [reason, refuse, serve]] of TROUBLES.entries())
    it(reason, async () => {
      expect(await append(i, 1)).toMatchObject([{ ok: true }])
      await server.command(refuse)
      const thrown: unknown = await append(i, 2).catch((error: unknown) => error)
      await server.command(serve)
      expect(thrown).toBeInstanceOf(Error)
      expect(readFailureReason(thrown)).toBe(reason)
      expect(await append(i, 2)).toMatchObject([{ ok: true }])
    })

  it('a command within a script that its user may not run', async () => {
    await server.command((admin) => admin.call('ACL', 'SETUSER', 'default', '-xadd'))
    const thrown: unknown = await append(300, 1).catch((error: unknown) => error)
    await server.command((admin) => admin.call('ACL', 'SETUSER', 'default', '+xadd'))
    expect(thrown).toBeInstanceOf(Error)
    expect(readFailureReason(thrown)).toBe('NOPERM')
  })
})

describe('[OPS34] a node that may not listen', () => {
  it('says so, though its connection lives, and that it listens again', async () => {
    const reader = createRedisEventLogReader(redis, createSinglePubSub(listening), { signer })
    const become = (isListening: boolean) =>
      expect.poll(() => reader.isListening(), { timeout: 5000 }).toBe(isListening)
    await become(true)
    await server.command((admin) => admin.call('ACL', 'SETUSER', 'default', '-subscribe'))
    await server.killPubsub()
    await become(false)
    await expect.poll(() => listening.status, { timeout: 5000 }).toBe('ready')
    expect(reader.isListening()).toBe(false)
    await server.command((admin) => admin.call('ACL', 'SETUSER', 'default', '+subscribe'))
    await become(true)
  })
})
