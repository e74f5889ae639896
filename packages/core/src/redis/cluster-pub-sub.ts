import type { Cluster, Redis } from 'ioredis'
import type { EventLogPubSub } from './event-log-pub-sub.ts'
import { EVERY_SHARD } from '../event-log/shard.ts'
import { hashSlotOf } from './redis-client.ts'

/** How often the owners of the slots are looked at. The client learns of a move by a redirection, or by asking every second. */
const LOOK_EVERY_MS = 250

export type ClusterPubSubOptions = {
  /** A connection to one server of the Cluster, as for `createSinglePubSub`. */
  connect: (host: string, port: number) => Redis
  lookEveryMs?: number
}

/**
 * Sharded pub/sub: each shard's messages come on a connection to the master that has its slot. When another master gets it (moved, failed over), the shard's
 * names are subscribed to there, and that is told as a break: between the two, messages are lost. [OPS35]
 */
export function createClusterPubSub(cluster: Cluster, options: ClusterPubSubOptions): EventLogPubSub & { end(): void } {
  const { connect, lookEveryMs = LOOK_EVERY_MS } = options
  const connections = new Map<string, Redis>()
  /** By shard, the address of the server on which it is listened to. */
  const owners = new Map<number, string>()
  let onMessage: (name: string, bytes: string) => void = () => {}
  let onReady: (isConcerned: (shard: number) => boolean) => void = () => {}

  const look = () => {
    const moved = new Set<number>()
    for (const shard of EVERY_SHARD) {
      const owner = cluster.slots[SLOT_OF[shard]!]?.[0]
      if (owner === undefined || owners.get(shard) === owner) continue
      owners.set(shard, owner)
      // A connection that is being made says itself when it is there.
      if (reach(owner).status === 'ready') moved.add(shard)
    }
    dropUnused()
    if (moved.size > 0) onReady((shard) => moved.has(shard))
  }
  const timer = setInterval(look, lookEveryMs)
  timer.unref()

  function reach(address: string): Redis {
    const known = connections.get(address)
    if (known) return known
    const at = address.lastIndexOf(':')
    const redis = connect(address.slice(0, at), Number(address.slice(at + 1)))
    connections.set(address, redis)
    redis.on('smessage', (name: string, bytes: string) => onMessage(name, bytes))
    redis.on('ready', () => onReady((shard) => owners.get(shard) === address))
    // The server has given up a slot, and with it the subscriptions: who has it now is asked at once.
    redis.on('moved', () => cluster.refreshSlotsCache(() => look()))
    return redis
  }

  function dropUnused(): void {
    const used = new Set(owners.values())
    for (const [address, redis] of connections) {
      if (used.has(address)) continue
      connections.delete(address)
      redis.disconnect()
    }
  }

  const isReady = (shard: number) => connections.get(owners.get(shard) ?? '')?.status === 'ready'
  const connectionOf = (name: string): Redis => {
    const shard = shardIn(name)
    if (!isReady(shard)) throw new Error('pub/sub is not connected')
    return connections.get(owners.get(shard)!)!
  }

  return {
    isReady: (shard) => (shard === undefined ? EVERY_SHARD.every(isReady) : isReady(shard)),
    async subscribe(names) {
      const byShard = new Map<number, string[]>()
      for (const name of names) byShard.set(shardIn(name), [...(byShard.get(shardIn(name)) ?? []), name])
      // One command may name what is in one slot.
      await Promise.all([...byShard.values()].map((some) => connectionOf(some[0]!).ssubscribe(...some))).catch(
        (error: unknown) => {
          cluster.refreshSlotsCache()
          throw error
        },
      )
    },
    unsubscribe: async (name) => connectionOf(name).sunsubscribe(name),
    onMessage: (listen) => void (onMessage = listen),
    onReady: (listen) => void (onReady = listen),
    reconnect: () => {
      cluster.refreshSlotsCache()
      for (const redis of connections.values()) redis.disconnect(true)
    },
    end() {
      clearInterval(timer)
      for (const redis of connections.values()) redis.disconnect()
    },
  }
}

const SLOT_OF = EVERY_SHARD.map(hashSlotOf)
const shardIn = (name: string) => Number(/\{(\d+)\}/.exec(name)?.[1])
