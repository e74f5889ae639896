import type { ChannelName } from '@derm/contract'
import { shardOf } from '@derm/core'
import { getSeedIds } from '@derm/database'
import { waitUntil } from '@derm/local-servers'
import { Redis } from 'ioredis'
import { connectClient } from '../../connect-client.ts'
import { scrapeMetric } from '../../scrape-metrics.ts'
import { signIn } from '../../sign-in.ts'
import type { Stack } from '../../start-stack.ts'
import { createEventWriter } from '../../write-events.ts'
import type { Attack } from '../attack.ts'

const FAR = '0ffffffffffffff0'
const SIGNATURE = 'A'.repeat(30)

type Deed = (
  redis: Redis,
  of: { channel: ChannelName; heads: string; history: string; name: string; head: string },
) => Promise<unknown>

/** What somebody who may write everything in Redis does to one channel. */
const DEEDS: Deed[] = [
  (redis, { heads, channel }) => redis.hset(heads, channel, `${FAR}:5`),
  (redis, { heads, channel }) => redis.hset(heads, channel, `${FAR}:5:${SIGNATURE}`),
  (redis, { heads, channel, head }) => redis.hset(heads, channel, head.replace(/:\d+:/, ':999999:')),
  (redis, { heads, channel, head }) => redis.hset(heads, channel, head.replace(/:\d+:/, ':1:')),
  (redis, { heads, channel }) => redis.hset(heads, channel, 'x'.repeat(1_000_000)),
  (redis, { heads, channel }) => redis.hdel(heads, channel),
  (redis, { history }) => redis.del(history),
  (redis, { history }) => redis.multi().del(history).set(history, 'no stream').exec(),
  (redis, { history }) => redis.xadd(history, '18446744073709551615-1', 'i', 'x', 'b', 'forged'),
  (redis, { name }) =>
    redis.publish(
      name,
      `20${'f'.repeat(15)}${'9'.padStart(16, '0')}${'1'.repeat(13)}${SIGNATURE}42["appointment:created",{}]`,
    ),
  (redis, { name }) => redis.publish(name, 'x'.repeat(1_000_000)),
]

/**
 * Heads, histories and messages of one practice's channel are forged, deleted and replaced, again and again. Its next event must come all the same,
 * nobody else may be told that anything is late, and no channel may be left with an epoch that nobody takes.
 */
export const forgedHeads: Attack = {
  name: 'heads, histories and messages of one channel forged in Redis',
  rule: 'SEC20',
  tries: { full: 3 * DEEDS.length, short: DEEDS.length },
  ownStack: {},
  async run(stack, tries) {
    const { lakeside, summit } = getSeedIds()
    const location = Object.values(lakeside.locations)[0]!.id
    const channel = `${lakeside.tenantId}/l:${location}/scheduling` as ChannelName
    const shard = `derm:{${shardOf(channel)}}`
    const keys = { channel, heads: `${shard}:heads`, history: `${shard}:h:${channel}`, name: `${shard}:c:${channel}` }
    const redis = new Redis(stack.redis.url)
    const writer = createEventWriter({
      apiUrl: stack.databases.apiUrl,
      tenantId: lakeside.tenantId,
      locationId: location,
      actorId: lakeside.users['owner']!.id,
    })
    const connect = async (email: string, place: string) => {
      const { accessToken } = await signIn(stack.apis[0]!.url, stack.origin, email)
      const client = await connectClient({ url: stack.nodes[1]!.url, origin: stack.origin, token: accessToken })
      await client.subscribe([{ topic: 'scheduling', location: place }])
      return client
    }
    const client = await connect(lakeside.users['owner']!.email, location)
    const other = await connect(summit.users['owner']!.email, Object.values(summit.locations)[0]!.id)
    const faults: string[] = []
    const refillsBefore = await countRefills(stack)
    const startedAt = Date.now()
    try {
      await writer.write(1)
      await waitUntil(() => client.events.length === 1, { what: 'the first event' })
      for (let i = 0; i < tries; i++) {
        const head = (await redis.hget(keys.heads, channel)) ?? ''
        await DEEDS[i % DEEDS.length]!(redis, { ...keys, head })
        await writer.write(1)
        // A channel whose refills were taken away too often waits for half a minute at most.
        const isHere = await waitUntil(() => client.events.length >= i + 2 || hasResync(client.frames, i), {
          what: 'the event',
          timeoutMs: 40_000,
        }).then(
          () => true,
          () => false,
        )
        if (!isHere) faults.push(`after deed ${i % DEEDS.length} the next event did not come`)
      }
      const seqs = client.events.map(({ seq }) => seq)
      if (seqs.some((seq, i) => i > 0 && seq <= seqs[i - 1]!)) faults.push('events came twice, or out of order')
      if (client.events.some(({ epoch }) => epoch === FAR)) faults.push('a forged epoch was delivered')
      if (other.frames.some(({ name, body }) => name === 'feed' && (body as { isLate: boolean }).isLate))
        faults.push('another practice was told that it is late')
      const [ahead] = await stack.query<{ count: string }>(
        'SELECT count(*) FROM channel_heads WHERE plausible_epoch(epoch) IS NULL',
      )
      if (Number(ahead?.count) > 0) faults.push('a channel has an epoch far ahead of the clock')
      const [waiting] = await stack.query<{ count: string }>(
        `SELECT count(*) FROM events WHERE published_at IS NULL AND at < now() - interval '40 seconds'`,
      )
      if (Number(waiting?.count) > 0) faults.push('an event was never published')
      const refills = (await countRefills(stack)) - refillsBefore
      const seconds = (Date.now() - startedAt) / 1000
      if (refills > 2 * tries + 2 * seconds) faults.push(`${refills} refills in ${Math.round(seconds)} s`)
    } finally {
      redis.disconnect()
      await writer.stop()
      client.socket.disconnect()
      other.socket.disconnect()
    }
    return faults
  },
}

/** A client that was told to resync has what it needs, though the event itself does not come. */
function hasResync(frames: readonly { name: string; body: unknown }[], since: number): boolean {
  return frames.filter(({ name }) => name === 'resync').length > since
}

async function countRefills(stack: Stack): Promise<number> {
  const counts = await Promise.all(stack.apis.map(({ adminUrl }) => scrapeMetric(adminUrl, 'derm_relay_refills_total')))
  return counts.reduce((sum, count) => sum + count, 0)
}
