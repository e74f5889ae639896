/**
 * Channels are dealt to so many partitions. A partition has one relay at a time, one heads hash, and one hash tag
 * in Redis Cluster. The number is a constant of the schema: event rows carry their partition.
 */
export const PARTITIONS = 16

/** FNV-1a (32 bit) of the channel's name. */
export function partitionOf(channel: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < channel.length; i++) hash = Math.imul(hash ^ channel.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % PARTITIONS
}
