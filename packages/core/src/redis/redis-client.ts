import { Cluster, type Redis } from 'ioredis'

/** A connection to one server, to the master that Sentinels name, or to a Cluster. */
export type RedisClient = Redis | Cluster

export const isCluster = (redis: RedisClient): redis is Cluster => redis instanceof Cluster

/** The part of a name that decides its place in a Cluster: what stands between the braces. */
export const hashTag = (name: string): string => /\{([^}]+)\}/.exec(name)?.[1] ?? name

/**
 * What may go out in one round trip: everything to one server; in a Cluster what has the same hash tag, since slots move one by one and a
 * pipeline goes to one server. The groups go out at the same time.
 */
export function groupBySlot<Item>(
  redis: RedisClient,
  items: readonly Item[],
  keyOf: (item: Item) => string,
): { item: Item; at: number }[][] {
  const placed = items.map((item, at) => ({ item, at }))
  if (placed.length === 0) return []
  if (!isCluster(redis)) return [placed]
  const groups = new Map<string, { item: Item; at: number }[]>()
  for (const one of placed) {
    const tag = hashTag(keyOf(one.item))
    const group = groups.get(tag)
    if (group) group.push(one)
    else groups.set(tag, [one])
  }
  return [...groups.values()]
}

/** The slot of a hash tag: CRC-16/XMODEM modulo 16384, as the Cluster's specification says. */
export function slotOf(tag: string): number {
  let crc = 0
  for (const byte of new TextEncoder().encode(tag)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
  }
  return crc % 16_384
}

/** The slot in which all that a shard has in a Cluster is. */
export const hashSlotOf = (shard: number): number => slotOf(String(shard))
