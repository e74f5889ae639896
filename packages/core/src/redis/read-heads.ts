import type { ChannelName, Position } from '@derm/contract'
import type { Redis } from 'ioredis'
import { partitionOf } from '../log/partition.ts'
import { HEAD } from './head.lua.ts'
import { headsKey } from './keys.ts'

/** Heads of many channels: one `HMGET` per partition, in one round trip. */
export async function readHeads(redis: Redis, channels: readonly ChannelName[]): Promise<(Position | null)[]> {
  const heads: (Position | null)[] = channels.map(() => null)
  if (channels.length === 0) return heads
  const byPartition = new Map<number, number[]>()
  for (const [index, channel] of channels.entries()) {
    const partition = partitionOf(channel)
    const indices = byPartition.get(partition)
    if (indices) indices.push(index)
    else byPartition.set(partition, [index])
  }
  const pipeline = redis.pipeline()
  for (const [partition, indices] of byPartition)
    pipeline.hmget(headsKey(partition), ...indices.map((i) => channels[i]!))
  const results = (await pipeline.exec()) ?? []
  for (const [at, indices] of [...byPartition.values()].entries()) {
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
