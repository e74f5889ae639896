import type { ChannelName } from '@derm/contract'
import { EVERY_SHARD, shardOf } from '../event-log/shard.ts'
import type { EventLogPubSub } from './event-log-pub-sub.ts'
import { probeName, pubSubName } from './keys.ts'

/** Names in one command. */
const AT_ONCE = 500
const RETRY_MS = 500

/**
 * What this node has subscribed to, kept subscribed over every break. Beside the channels it has one probe for each shard: so it is known whether the
 * node may listen and does, also while it has no channel. [OPS34]
 */
export function createSubscriptions(pubSub: EventLogPubSub) {
  /** By the pub/sub name: a message is matched without taking names apart. */
  const channels = new Map<string, ChannelName>()
  /** By shard, the renewal that began last. */
  const latest = new Map<number, symbol>()
  /** Shards whose last renewal the server has confirmed, and those that it ever has. */
  const confirmed = new Set<number>()
  const everConfirmed = new Set<number>()
  let onMessage: (channel: ChannelName, bytes: string) => void = () => {}
  let onBreak: () => void = () => {}

  pubSub.onMessage((name, bytes) => {
    const channel = channels.get(name)
    if (channel !== undefined) onMessage(channel, bytes)
  })
  pubSub.onReady((isConcerned) => void renew(EVERY_SHARD.filter((shard) => isConcerned(shard))))
  if (pubSub.isReady()) void renew(EVERY_SHARD)

  async function renew(shards: readonly number[]): Promise<void> {
    const attempt = Symbol('renewal')
    for (const shard of shards) {
      latest.set(shard, attempt)
      confirmed.delete(shard)
    }
    const of = new Set(shards)
    const names = [...channels].flatMap(([name, channel]) => (of.has(shardOf(channel)) ? [name] : []))
    const isBreak = names.length > 0 || shards.some((shard) => everConfirmed.has(shard))
    const current = () => shards.filter((shard) => latest.get(shard) === attempt)
    try {
      const all = [...shards.map(probeName), ...names]
      for (let at = 0; at < all.length; at += AT_ONCE) await pubSub.subscribe(all.slice(at, at + AT_ONCE))
      const renewed = current()
      for (const shard of renewed) {
        confirmed.add(shard)
        everConfirmed.add(shard)
      }
      if (isBreak && renewed.length > 0) onBreak()
    } catch {
      // What has lost its connection again is renewed with the next one. A refusal by a live server must not leave the node deaf.
      const timer = setTimeout(() => {
        const refused = current().filter((shard) => pubSub.isReady(shard))
        if (refused.length > 0) void renew(refused)
      }, RETRY_MS)
      timer.unref()
    }
  }

  return {
    /** Whether every message that is published from now on reaches this node, as far as the servers have confirmed. */
    isListening: () => pubSub.isReady() && confirmed.size === EVERY_SHARD.length,
    async add(channel: ChannelName): Promise<void> {
      // ioredis would keep it, and whoever waits for it, until the server is back.
      if (!pubSub.isReady(shardOf(channel))) throw new Error('pub/sub is not connected')
      const name = pubSubName(channel)
      channels.set(name, channel)
      await pubSub.subscribe([name])
    },
    async remove(channel: ChannelName): Promise<void> {
      const name = pubSubName(channel)
      channels.delete(name)
      // The next connection begins without it.
      if (pubSub.isReady(shardOf(channel))) await pubSub.unsubscribe(name)
    },
    onMessage: (listener: typeof onMessage) => void (onMessage = listener),
    onBreak: (listener: typeof onBreak) => void (onBreak = listener),
  }
}
