import type { ChannelName, Position } from '@derm/contract'
import { shardOf } from '../event-log/shard.ts'
import { HEADS } from './heads.lua.ts'
import { headsKey } from './keys.ts'
import type { RedisClient } from './redis-client.ts'
import { RefusedCall, createScript } from './script.ts'
import { readHead, type HeadCheck } from './stored-head.ts'

/** As many as Lua can hand to one command. */
const MOST_AT_ONCE = 1000

export type ReadHeads = (redis: RedisClient, channels: readonly ChannelName[]) => Promise<(Position | null)[]>

/** Reads heads of many channels: one `HMGET` per shard and thousand channels, in one round trip. */
export function createHeadsReader(check: HeadCheck): ReadHeads {
  const script = createScript<(string | null)[]>(HEADS, { isReadOnly: true })
  return async (redis, channels) => {
    const heads: (Position | null)[] = channels.map(() => null)
    const calls = groupByShard(channels)
    const answers = await script.run(
      redis,
      calls.map(({ shard, indices }) => ({ keys: [headsKey(shard)], args: indices.map((i) => channels[i]!) })),
    )
    for (const [at, { indices }] of calls.entries()) {
      const answer = answers[at]
      if (answer === undefined || answer instanceof RefusedCall)
        throw answer?.error ?? new Error('Redis answered less than it was asked')
      for (const [i, index] of indices.entries()) heads[index] = readHead(channels[index]!, answer[i], check)
    }
    return heads
  }
}

function groupByShard(channels: readonly ChannelName[]): { shard: number; indices: number[] }[] {
  const calls: { shard: number; indices: number[] }[] = []
  const open = new Map<number, number[]>()
  for (const [index, channel] of channels.entries()) {
    const shard = shardOf(channel)
    const indices = open.get(shard)
    if (indices && indices.length < MOST_AT_ONCE) indices.push(index)
    else {
      const begun = [index]
      open.set(shard, begun)
      calls.push({ shard, indices: begun })
    }
  }
  return calls
}
