import type { ChannelName, Position } from '@derm/contract'
import type { Redis } from 'ioredis'
import { shardOf } from '../event-log/shard.ts'
import { HEAD } from './head.lua.ts'
import { headsKey } from './keys.ts'

/** Heads of many channels: one `HMGET` per shard, in one round trip. */
export async function readHeads(redis: Redis, channels: readonly ChannelName[]): Promise<(Position | null)[]> {
  const heads: (Position | null)[] = channels.map(() => null)
  if (channels.length === 0) return heads
  const byShard = new Map<number, number[]>()
  for (const [index, channel] of channels.entries()) {
    const shard = shardOf(channel)
    const indices = byShard.get(shard)
    if (indices) indices.push(index)
    else byShard.set(shard, [index])
  }
  const pipeline = redis.pipeline()
  for (const [shard, indices] of byShard) pipeline.hmget(headsKey(shard), ...indices.map((i) => channels[i]!))
  const results = (await pipeline.exec()) ?? []
  for (const [at, indices] of [...byShard.values()].entries()) {
    const [error, values] = results[at] ?? [new Error('Redis answered less than it was asked'), null]
    if (error) throw error
    for (const [i, index] of indices.entries()) heads[index] = parseHead((values as (string | null)[])[i])
  }
  return heads
}

/** `null` for anything else, which is then as good as unknown. */
export function parseHead(text: string | null | undefined): Position | null {
  if (!text || !HEAD.test(text)) return null
  return { epoch: text.slice(0, 16), seq: Number(text.slice(17)) }
}
