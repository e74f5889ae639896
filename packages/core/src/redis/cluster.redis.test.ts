import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChannelName } from '@derm/contract'
import { startRedisCluster, type RedisClusterServers } from '@derm/local-servers'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { suiteSigner as signer } from '../event-log/event-log-suite.ts'
import { encodeEntry } from '../event-log/frame.ts'
import { EVERY_SHARD, shardOf } from '../event-log/shard.ts'
import { readFailureReason } from '../failure-reason.ts'
import { createClusterPubSub } from './cluster-pub-sub.ts'
import { hashSlotOf } from './redis-client.ts'
import { createRedisEventLogReader } from './redis-event-log-reader.ts'
import { createRedisEventLogWriter } from './redis-event-log-writer.ts'

const EPOCH = '0000000000010000'
let folder: string
let servers: RedisClusterServers
let hosts: { host: string; port: number }[]
let cluster: Cluster
let pubSub: ReturnType<typeof createClusterPubSub>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'derm-cluster-'))
  servers = await startRedisCluster(folder)
  hosts = servers.url
    .split('//')[1]!
    .split(',')
    .map((text) => ({ host: '127.0.0.1', port: Number(text.split(':')[1]) }))
  cluster = new Cluster(hosts, { slotsRefreshInterval: 1000 })
  const connect = (host: string, port: number) =>
    new Redis({ host, port, autoResubscribe: false, maxRetriesPerRequest: null }).on('error', () => {})
  pubSub = createClusterPubSub(cluster, { connect })
}, 60_000)
afterAll(async () => {
  pubSub?.end()
  cluster?.disconnect()
  await servers?.stop()
  await rm(folder, { recursive: true, force: true })
})

const channelOf = (n: number) =>
  `00000000-0000-4000-8000-00000000000e/l:00000000-0000-4000-8000-${String(n).padStart(12, '0')}/scheduling` as ChannelName
const entry = (channel: ChannelName, seq: number) =>
  encodeEntry(
    { channel, epoch: EPOCH, seq, id: `${seq}`, type: 'patient:updated', at: 1_800_000_000_000, body: '{}' },
    signer.sign,
  )

describe('[OPS35] the event log on a Redis Cluster', () => {
  it('goes on over every shard, also while a slot and its subscriptions move to another server', async () => {
    const writer = createRedisEventLogWriter(cluster, { signer })
    const reader = createRedisEventLogReader(cluster, pubSub, { signer })
    await expect.poll(() => reader.isListening(), { timeout: 10_000 }).toBe(true)
    const channels = Array.from({ length: 40 }, (_, n) => channelOf(n))
    expect(new Set(channels.map(shardOf)).size).toBeGreaterThan(8)
    const heard: string[] = []
    let breaks = 0
    reader.onMessage((channel, bytes) => heard.push(`${channel} ${bytes}`))
    reader.onBreak(() => breaks++)
    for (const channel of channels) await reader.subscribe(channel)

    const appendAll = (seq: number) =>
      Promise.all(channels.map(async (channel) => writer.append([{ channel, entries: [entry(channel, seq)] }])))
    for (const [result] of await appendAll(1)) expect(result).toMatchObject({ ok: true, appended: 1 })
    await expect.poll(() => heard.length).toBe(channels.length)
    expect(await reader.heads(channels)).toEqual(channels.map(() => ({ epoch: EPOCH, seq: 1 })))
    await writer.renewCaughtUpLeases(
      EVERY_SHARD.map((shard) => ({ shard, except: [] })),
      5000,
    )
    expect((await reader.caughtUp(EVERY_SHARD)).size).toBe(EVERY_SHARD.length)
    expect((await writer.serverIdentity()).split(' ')).toHaveLength(3)

    const moved = channels[0]!
    await servers.moveSlot(hashSlotOf(shardOf(moved)))
    for (const [result] of await appendAll(2)) expect(result).toMatchObject({ ok: true, appended: 1 })
    await expect.poll(() => breaks, { timeout: 5000 }).toBeGreaterThan(0)
    await expect.poll(() => reader.isListening(), { timeout: 5000 }).toBe(true)
    await appendAll(3)
    // What was published while nobody listened there is in history.
    await expect
      .poll(() => heard.filter((text) => text.startsWith(moved)).at(-1))
      .toBe(`${moved} ${entry(moved, 3).bytes}`)
    const read = await reader.history(moved, { epoch: EPOCH, seq: 0 }, { entries: 9, bytes: 99_999 })
    expect(read).toMatchObject({ kind: 'complete', head: { seq: 3 } })
  })

  it('[REL15] to a client of one server alone it refuses everything, and no event is blamed', async () => {
    const single = new Redis(hosts[0]!)
    const writer = createRedisEventLogWriter(single, { signer })
    const elsewhere = Array.from({ length: 40 }, (_, n) => channelOf(1000 + n))
    const results = await Promise.all(
      elsewhere.map((channel) =>
        writer.append([{ channel, entries: [entry(channel, 1)] }]).then(
          ([result]) => (result!.ok ? 'ok' : result!.reason),
          (error: unknown) => readFailureReason(error),
        ),
      ),
    )
    single.disconnect()
    expect(new Set(results)).toEqual(new Set(['ok', 'MOVED']))
  })
})
