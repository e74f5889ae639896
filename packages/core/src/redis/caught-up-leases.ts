import type { ChannelName } from '@derm/contract'
import { MAX_EXCEPTED, type CaughtUp } from '../event-log/event-log.ts'
import { SIGNATURE_LENGTH, type Signer } from '../event-log/signature.ts'
import { caughtUpKey } from './keys.ts'
import { groupBySlot, isCluster, type RedisClient } from './redis-client.ts'

/** No lease is good for longer, whatever it says of itself. */
const LONGEST_MS = 60_000
/** A channel's name is shorter than 128 characters. */
const MAX_LENGTH = 64 + MAX_EXCEPTED * 128

/**
 * A shard's caught-up lease in Redis: `<signature>:<given at>:<good for>:<channel>,<channel>…`. The times are those of the clock of the Redis server that holds
 * the shard, so that neither a copy of an old lease nor anybody's wrong clock makes one good. [SEC22]
 */
export async function writeLeases(redis: RedisClient, { sign }: Signer, leases: readonly CaughtUp[], forMs: number) {
  const lasts = Math.min(LONGEST_MS, Math.max(1, Math.floor(forMs)))
  await Promise.all(
    groupBySlot(redis, leases, ({ shard }) => caughtUpKey(shard)).map(async (group) => {
      const question = redis.pipeline()
      // In a Cluster the read of a key leads the question to the server that holds it.
      if (isCluster(redis)) question.getrange(caughtUpKey(group[0]!.item.shard), 0, 0)
      const now = readTime((await question.time().exec())?.at(-1))
      const pipeline = redis.pipeline()
      for (const { item } of group) {
        const body = `${now}:${lasts}:${item.except.join(',')}`
        const text = `${sign(signedText(item.shard, body))}:${body}`
        pipeline.set(caughtUpKey(item.shard), text, 'PX', lasts)
      }
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
    }),
  )
}

/** The shards of those asked for whose lease is good, and the channels that it does not speak of. */
export async function readLeases(redis: RedisClient, { verify }: Pick<Signer, 'verify'>, shards: readonly number[]) {
  const leases = new Map<number, ReadonlySet<ChannelName>>()
  await Promise.all(
    groupBySlot(redis, shards, caughtUpKey).map(async (group) => {
      const pipeline = redis.pipeline().time()
      for (const { item: shard } of group) pipeline.getrange(caughtUpKey(shard), 0, MAX_LENGTH)
      const [time, ...answers] = (await pipeline.exec()) ?? []
      const now = readTime(time)
      for (const [i, { item: shard }] of group.entries()) {
        const [error, text] = answers[i] ?? []
        // Of a key of another type, as of any refusal, nothing follows but that there is no lease.
        const except = error || typeof text !== 'string' ? null : readLease(shard, text, now, verify)
        if (except) leases.set(shard, except)
      }
    }),
  )
  return leases
}

function readLease(shard: number, text: string, now: number, verify: Signer['verify']): Set<ChannelName> | null {
  const signature = text.slice(0, SIGNATURE_LENGTH)
  const body = text.slice(SIGNATURE_LENGTH + 1)
  const [, at, lasts, names] = /^(\d{1,15}):(\d{1,5}):(.*)$/.exec(body) ?? []
  if (at === undefined || lasts === undefined || names === undefined) return null
  const age = now - Number(at)
  if (age < 0 || age > Number(lasts) || Number(lasts) > LONGEST_MS || !verify(signedText(shard, body), signature))
    return null
  return new Set((names === '' ? [] : names.split(',')) as ChannelName[])
}

const signedText = (shard: number, body: string) => `caught up\n${shard}\n${body}`
/** @throws when the server did not say. */
function readTime(answer: readonly [Error | null, unknown] | undefined): number {
  if (!answer || answer[0]) throw answer?.[0] ?? new Error('Redis did not say what time it is')
  const [seconds, micros] = answer[1] as [string | number, string | number]
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
}
