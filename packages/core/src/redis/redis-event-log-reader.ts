import type { EventLogReader, HistoryRead, LogEntry } from '../event-log/event-log.ts'
import { MAX_ENTRY_LENGTH, readPrefix } from '../event-log/frame.ts'
import type { Signer } from '../event-log/signature.ts'
import { shardOf } from '../event-log/shard.ts'
import { HISTORY } from './history.lua.ts'
import { readLeases } from './caught-up-leases.ts'
import type { EventLogPubSub } from './event-log-pub-sub.ts'
import { headsKey, historyKey } from './keys.ts'
import { createHeadsReader } from './read-heads.ts'
import type { RedisClient } from './redis-client.ts'
import { createSubscriptions } from './subscriptions.ts'
import { RefusedCall, createScript } from './script.ts'
import { readHead } from './stored-head.ts'

type Answer = [outcome: string, head: string, entries: [string, string[]][]]

/** Lua counts bytes, and a character has three of them at most. */
const MAX_ENTRY_BYTES = 3 * MAX_ENTRY_LENGTH

export type RedisEventLogReaderOptions = {
  /** Tells what the relays wrote from what others did. */
  signer: Pick<Signer, 'verify'>
  now?: () => number
  recoveries?: RedisClient
}

/**
 * Reads the event log. `commands` must fail within about a second; `pubSub` has connections of its own for
 * subscriptions, which are renewed here, so that `onBreak` comes only after the server has confirmed every subscription. `recoveries` reads histories: on
 * a connection of its own, so that no amount of them delays heads and lease. [SES24]
 */
export function createRedisEventLogReader(
  commands: RedisClient,
  pubSub: EventLogPubSub,
  { signer, now = Date.now, recoveries = commands }: RedisEventLogReaderOptions,
): EventLogReader {
  const check = { verify: signer.verify, now }
  const history = createScript<Answer>(HISTORY, { isReadOnly: true })
  const readHeads = createHeadsReader(check)
  const subscriptions = createSubscriptions(pubSub)

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

    subscribe: (channel) => subscriptions.add(channel),
    unsubscribe: (channel) => subscriptions.remove(channel),
    onMessage: (listener) => subscriptions.onMessage(listener),
    onBreak: (listener) => subscriptions.onBreak(listener),
    isListening: () => subscriptions.isListening(),
    reconnect: () => pubSub.reconnect(),
  }
}
