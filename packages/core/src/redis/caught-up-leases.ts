import type { ChannelName } from '@derm/contract'
import type { Redis } from 'ioredis'
import { MAX_EXCEPTED, type CaughtUp } from '../event-log/event-log.ts'
import { SIGNATURE_LENGTH, type Signer } from '../event-log/signature.ts'
import { caughtUpKey } from './keys.ts'

/** No lease is good for longer, whatever it says of itself. */
const LONGEST_MS = 60_000
/** A channel's name is shorter than 128 characters. */
const MAX_LENGTH = 64 + MAX_EXCEPTED * 128

/**
 * A shard's caught-up lease in Redis: `<signature>:<given at>:<good for>:<channel>,<channel>…`. The times are those of the Redis server's own clock, so that
 * neither a copy of an old lease nor anybody's wrong clock makes one good. [SEC22]
 */
export async function writeLeases(redis: Redis, { sign }: Signer, leases: readonly CaughtUp[], forMs: number) {
  const lasts = Math.min(LONGEST_MS, Math.max(1, Math.floor(forMs)))
  const now = toMs(await redis.time())
  const pipeline = redis.pipeline()
  for (const { shard, except } of leases) {
    const body = `${now}:${lasts}:${except.join(',')}`
    pipeline.set(caughtUpKey(shard), `${sign(signedText(shard, body))}:${body}`, 'PX', lasts)
  }
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
}

/** The shards of those asked for whose lease is good, and the channels that it does not speak of. */
export async function readLeases(redis: Redis, { verify }: Pick<Signer, 'verify'>, shards: readonly number[]) {
  const pipeline = redis.pipeline().time()
  for (const shard of shards) pipeline.getrange(caughtUpKey(shard), 0, MAX_LENGTH)
  const [time, ...answers] = (await pipeline.exec()) ?? []
  if (!time || time[0]) throw time?.[0] ?? new Error('Redis did not say what time it is')
  const now = toMs(time[1] as [string | number, string | number])
  const leases = new Map<number, ReadonlySet<ChannelName>>()
  for (const [i, shard] of shards.entries()) {
    const [error, text] = answers[i] ?? []
    // Of a key of another type, as of any refusal, nothing follows but that there is no lease.
    const except = error || typeof text !== 'string' ? null : readLease(shard, text, now, verify)
    if (except) leases.set(shard, except)
  }
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
const toMs = ([seconds, micros]: readonly (string | number)[]) =>
  Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
