import type { ChannelName, Position } from '@derm/contract'
import type { Redis } from 'ioredis'
import type { AppendResult, ChannelBatch, EventLogWriter, LogEntry } from '../event-log/event-log.ts'
import { shardOf } from '../event-log/shard.ts'
import { APPEND } from './append.lua.ts'
import { CAUGHT_UP_LEASE_KEY, pubSubName, headsKey, historyKey } from './keys.ts'
import { parseHead, readHeads } from './read-heads.ts'
import { REFILL } from './refill.lua.ts'
import { RefusedCall, createScript } from './script.ts'

type Answer = [outcome: string, head: string, appended: number]

export type RedisEventLogOptions = {
  /** About how many entries of each channel are kept (`MAXLEN ~`). */
  maxEntries?: number
  /** `SPUBLISH` on Redis Cluster. */
  isSharded?: boolean
}

/**
 * Writes the event log. `redis` must fail a command within about a second, connected or not: a frozen
 * server must not hold the relay.
 */
export function createRedisEventLogWriter(
  redis: Redis,
  { maxEntries = 2000, isSharded = false }: RedisEventLogOptions = {},
): EventLogWriter & { serverIdentity(): Promise<string> } {
  const append = createScript<Answer>(APPEND)
  const refill = createScript<Answer>(REFILL)
  const publish = isSharded ? 'SPUBLISH' : 'PUBLISH'

  return {
    async append(batches) {
      const sent = batches.filter(({ entries }) => entries.length > 0)
      const answers = await append.run(
        redis,
        sent.map(({ channel, entries }) => ({
          keys: keysOf(channel),
          args: [
            channel,
            pubSubName(channel),
            publish,
            maxEntries,
            entries[0]!.epoch,
            entries[0]!.seq,
            ...listEntries(entries),
          ],
        })),
      )
      const results = new Map(sent.map((batch, i) => [batch, toResult(answers[i]!)]))
      return batches.map((batch) => results.get(batch) ?? { ok: true, appended: 0, head: { epoch: '', seq: 0 } })
    },

    async refill({ channel, entries }: ChannelBatch, base: Position, { replaces = false } = {}) {
      const args = [channel, maxEntries, base.epoch, base.seq, replaces ? 1 : 0, ...listEntries(entries)]
      const [answer] = await refill.run(redis, [{ keys: keysOf(channel), args }])
      return toResult(answer!)
    },

    heads: (channels) => readHeads(redis, channels),

    async renewCaughtUpLease(forMs) {
      await redis.set(CAUGHT_UP_LEASE_KEY, '1', 'PX', Math.max(1, Math.floor(forMs)))
    },

    /** Changes when the server was restarted, or another one answers: then what it acknowledged may be gone. */
    async serverIdentity() {
      const [info, role] = await Promise.all([redis.info('server'), redis.info('replication')]).catch(
        (error: Error) => {
          // Where INFO is kept from applications, the comparison of all heads every few seconds finds what is gone.
          if (/^NOPERM|^ERR unknown command/.test(error.message)) return ['', '']
          throw error
        },
      )
      const field = (text: string, name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(text)?.[1] ?? ''
      return [field(info, 'run_id'), field(role, 'role'), field(role, 'master_replid')].join('/')
    },
  }
}

const keysOf = (channel: ChannelName) => [headsKey(shardOf(channel)), historyKey(channel)]
const listEntries = (entries: readonly LogEntry[]) => entries.flatMap(({ id, bytes }) => [id, bytes])

function toResult(answer: Answer | RefusedCall): AppendResult {
  if (answer instanceof RefusedCall) return { ok: false, reason: 'rejected', head: null, appended: 0 }
  const [outcome, text, appended] = answer
  const head = parseHead(text)
  if (outcome === 'ok') return { ok: true, appended, head: head! }
  return { ok: false, reason: outcome as Exclude<AppendResult, { ok: true }>['reason'], head, appended }
}
