import type { ChannelName } from '@derm/contract'
import type { Redis } from 'ioredis'
import type { EventLogReader, HistoryRead, LogEntry } from '../event-log/event-log.ts'
import { MAX_ENTRY_LENGTH, readPrefix } from '../event-log/frame.ts'
import type { Signer } from '../event-log/signature.ts'
import { shardOf } from '../event-log/shard.ts'
import { HISTORY } from './history.lua.ts'
import { readLeases } from './caught-up-leases.ts'
import { pubSubName, headsKey, historyKey } from './keys.ts'
import { createHeadsReader } from './read-heads.ts'
import { RefusedCall, createScript } from './script.ts'
import { readHead } from './stored-head.ts'

type Answer = [outcome: string, head: string, entries: [string, string[]][]]

/** Lua counts bytes, and a character has three of them at most. */
const MAX_ENTRY_BYTES = 3 * MAX_ENTRY_LENGTH

export type RedisEventLogReaderOptions = {
  /** Tells what the relays wrote from what others did. */
  signer: Pick<Signer, 'verify'>
  now?: () => number
  /** `SSUBSCRIBE` on Redis Cluster. */
  isSharded?: boolean
  recoveries?: Redis
}

/**
 * Reads the event log. `commands` must fail within about a second; `pubSub` is a connection of its own for
 * subscriptions, with `maxRetriesPerRequest: null`, a `socketTimeout`, and `autoResubscribe: false`: it is renewed
 * here, so that `onBreak` comes only after the server has confirmed every subscription. `recoveries` reads histories: on a connection of
 * its own, so that no amount of them delays heads and lease. [SES24]
 */
export function createRedisEventLogReader(
  commands: Redis,
  pubSub: Redis,
  { signer, now = Date.now, isSharded = false, recoveries = commands }: RedisEventLogReaderOptions,
): EventLogReader {
  const check = { verify: signer.verify, now }
  const history = createScript<Answer>(HISTORY, { isReadOnly: true })
  const readHeads = createHeadsReader(check)
  /** By the pub/sub name: a message is matched without taking names apart. */
  const subscribed = new Map<string, ChannelName>()
  let onMessage: (channel: ChannelName, bytes: string) => void = () => {}
  let onBreak: () => void = () => {}
  let connections = 0

  const listen = (names: string[]) => (isSharded ? pubSub.ssubscribe(...names) : pubSub.subscribe(...names))

  pubSub.on(isSharded ? 'smessage' : 'message', (name: string, bytes: string) => {
    const channel = subscribed.get(name)
    if (channel !== undefined) onMessage(channel, bytes)
  })
  pubSub.on('ready', () => {
    const connection = ++connections
    if (connection === 1 && subscribed.size === 0) return
    void renew(connection)
  })
  if (pubSub.status === 'ready') connections = 1

  async function renew(connection: number): Promise<void> {
    try {
      const names = [...subscribed.keys()]
      for (let at = 0; at < names.length; at += 500) await listen(names.slice(at, at + 500))
      if (connection === connections) onBreak()
    } catch {
      // Lost again: the next connection renews. A refusal by a live server must not leave it `ready` and deaf.
      if (connection === connections && pubSub.status === 'ready') pubSub.disconnect(true)
    }
  }

  return {
    heads: (channels) => readHeads(commands, channels),

    caughtUp: (shards) => readLeases(commands, signer, shards),

    async history(channel, after, limit): Promise<HistoryRead> {
      const [answer] = await history.run(recoveries, [
        {
          keys: [headsKey(shardOf(channel)), historyKey(channel)],
          args: [channel, '', after.epoch, after.seq, limit.entries, limit.bytes, MAX_ENTRY_BYTES],
        },
      ])
      if (!answer || answer instanceof RefusedCall) throw answer?.error ?? new Error('Redis did not answer')
      const [outcome, text, stored] = answer
      const head = readHead(channel, text, check)
      if (outcome === 'unknown' || !head) return { kind: 'unknown' }
      if (outcome === 'unreachable' || outcome === 'lagging') return { kind: outcome, head }
      const entries: LogEntry[] = []
      const readBytes = stored.reduce((sum, [, fields]) => sum + (fields[3]?.length ?? 0), 0)
      let size = 0
      for (const [, [, id, , bytes]] of stored) {
        const prefix = bytes === undefined ? null : readPrefix(bytes)
        // Somebody else's doing: as good as trimmed. So is a genuine entry at another one's place.
        if (!prefix || id === undefined || bytes === undefined) return { kind: 'unreachable', head, readBytes }
        const next = (entries.at(-1)?.seq ?? after.seq) + 1
        if (prefix.epoch !== after.epoch || prefix.seq !== next) return { kind: 'unreachable', head, readBytes }
        size += bytes.length
        if (size > limit.bytes && entries.length > 0) break
        entries.push({ id, epoch: prefix.epoch, seq: prefix.seq, bytes })
      }
      const reached = entries.at(-1)?.seq ?? after.seq
      return { kind: reached === head.seq ? 'complete' : 'partial', head, entries }
    },

    async subscribe(channel) {
      // ioredis would keep it, and whoever waits for it, until the server is back.
      if (pubSub.status !== 'ready') throw new Error('pub/sub is not connected')
      const name = pubSubName(channel)
      subscribed.set(name, channel)
      await listen([name])
    },
    async unsubscribe(channel) {
      const name = pubSubName(channel)
      subscribed.delete(name)
      // The next connection begins without it.
      if (pubSub.status !== 'ready') return
      await (isSharded ? pubSub.sunsubscribe(name) : pubSub.unsubscribe(name))
    },
    onMessage: (listener) => void (onMessage = listener),
    onBreak: (listener) => void (onBreak = listener),
    reconnect: () => pubSub.disconnect(true),
  }
}
