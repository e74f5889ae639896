import type { Redis } from 'ioredis'

/** The connections on which the event log's messages come, whatever Redis is made of. Names are those of pub/sub. */
export interface EventLogPubSub {
  /** Whether there is a connection for the shard, or without one for all. */
  isReady(shard?: number): boolean
  /** @throws when the server refuses, or is not connected. */
  subscribe(names: readonly string[]): Promise<unknown>
  unsubscribe(name: string): Promise<unknown>
  onMessage(listen: (name: string, bytes: string) => void): void
  /**
   * A connection is there, the first one or a later one, or other servers have become responsible: the names of the shards that `isConcerned` says have to be
   * subscribed to again, and messages of theirs may have been lost.
   */
  onReady(listen: (isConcerned: (shard: number) => boolean) => void): void
  /** Ends the connections and makes them anew. */
  reconnect(): void
}

/**
 * On one connection: to a server, or to the master that Sentinels name. `redis`: with `maxRetriesPerRequest: null`, a `socketTimeout`, and
 * `autoResubscribe: false`.
 */
export function createSinglePubSub(redis: Redis): EventLogPubSub {
  return {
    isReady: () => redis.status === 'ready',
    subscribe: (names) => redis.subscribe(...names),
    unsubscribe: (name) => redis.unsubscribe(name),
    onMessage: (listen) => void redis.on('message', listen),
    onReady: (listen) => void redis.on('ready', () => listen(() => true)),
    reconnect: () => redis.disconnect(true),
  }
}
