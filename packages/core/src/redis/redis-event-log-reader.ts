import type { ChannelName } from '@derm/contract'
import type { Redis } from 'ioredis'
import type { EventLogReader, HistoryRead, LogEntry } from '../event-log/event-log.ts'
import { readPrefix } from '../event-log/frame.ts'
import { shardOf } from '../event-log/shard.ts'
import { HISTORY } from './history.lua.ts'
import { CAUGHT_UP_LEASE_KEY, pubSubName, headsKey, historyKey } from './keys.ts'
import { parseHead, readHeads } from './read-heads.ts'
import { RefusedCall, createScript } from './script.ts'

type Answer = [outcome: string, head: string, entries: [string, string[]][]]

/**
 * Reads the event log. `commands` must fail within about a second; `pubSub` is a connection of its own for
 * subscriptions, with `maxRetriesPerRequest: null`, a `socketTimeout`, and `autoResubscribe: false`: it is renewed
 * here, so that `onBreak` comes only after the server has confirmed every subscription. `recoveries` reads histories: on a connection of
 * its own, so that no amount of them delays heads and lease. [SES24]
 */
export function createRedisEventLogReader(
  commands: Redis,
  pubSub: Redis,
  { isSharded = false, recoveries = commands } = {},
): EventLogReader {
  const history = createScript<Answer>(HISTORY)
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

    hasCaughtUpLease: async () => (await commands.exists(CAUGHT_UP_LEASE_KEY)) === 1,

    async history(channel, after, limit): Promise<HistoryRead> {
      const [answer] = await history.run(recoveries, [
        {
          keys: [headsKey(shardOf(channel)), historyKey(channel)],
          args: [channel, after.epoch, after.seq, limit.entries],
        },
      ])
      if (!answer || answer instanceof RefusedCall) throw answer?.error ?? new Error('Redis did not answer')
      const [outcome, text, stored] = answer
      const head = parseHead(text)
      if (outcome === 'unknown' || !head) return { kind: 'unknown' }
      if (outcome === 'unreachable' || outcome === 'lagging') return { kind: outcome, head }
      const entries: LogEntry[] = []
      let size = 0
      for (const [, [, id, , bytes]] of stored) {
        const prefix = bytes === undefined ? null : readPrefix(bytes)
        // Somebody else's doing: as good as trimmed.
        if (!prefix || id === undefined || bytes === undefined) return { kind: 'unreachable', head }
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
