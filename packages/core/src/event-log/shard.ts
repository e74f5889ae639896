/**
 * Every channel belongs to one of `SHARD_COUNT` shards. A shard has one relay at a time, one heads hash, and one hash tag in
 * Redis Cluster. The number is a constant of the schema: event rows carry their shard.
 */
export const SHARD_COUNT = 16

/** FNV-1a (32 bit) of the channel's name. */
export function shardOf(channel: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < channel.length; i++) hash = Math.imul(hash ^ channel.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % SHARD_COUNT
}

export const EVERY_SHARD: readonly number[] = Array.from({ length: SHARD_COUNT }, (_, shard) => shard)
