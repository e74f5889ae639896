import type { ChannelName, Position } from '@derm/contract'
import type { AppendResult, ChannelBatch, EventLogWriter, LogEntry } from '../event-log/event-log.ts'
import { isAuthentic } from '../event-log/frame.ts'
import { shardOf } from '../event-log/shard.ts'
import type { Signer } from '../event-log/signature.ts'
import { APPEND } from './append.lua.ts'
import { writeLeases } from './caught-up-leases.ts'
import { pubSubName, headsKey, historyKey } from './keys.ts'
import { createHeadsReader } from './read-heads.ts'
import { isCluster, type RedisClient } from './redis-client.ts'
import { REFILL } from './refill.lua.ts'
import { RefusedCall, createScript } from './script.ts'
import { readServerIdentity } from './server-identity.ts'
import { encodeHead, readHead } from './stored-head.ts'

/** `entryThere`: the bytes of the entry that is in another's place. */
type Answer = [outcome: string, head: string, appended: number, entryThere?: string]

/** What is written to one channel, with the head to disbelieve. */
type Write = { channel: ChannelName; call: (disbelieved: string) => (string | number)[] }

export type RedisEventLogWriterOptions = {
  /** Signs heads and leases, and tells what the relays wrote from what others did. */
  signer: Signer
  now?: () => number
  /** About how many entries of each channel are kept (`MAXLEN ~`). */
  maxEntries?: number
  /** Published with `SPUBLISH`; without it, so on a Cluster. */
  isSharded?: boolean
}

/**
 * Writes the event log. `redis` must fail a command within about a second, connected or not: a frozen
 * server must not hold the relay. What it finds there and did not sign counts as not there. [SEC20]
 */
export function createRedisEventLogWriter(
  redis: RedisClient,
  { signer, now = Date.now, maxEntries = 2000, isSharded = isCluster(redis) }: RedisEventLogWriterOptions,
): EventLogWriter & { serverIdentity(): Promise<string> } {
  const append = createScript<Answer>(APPEND)
  const refill = createScript<Answer>(REFILL)
  const publish = isSharded ? 'SPUBLISH' : 'PUBLISH'
  const check = { verify: signer.verify, now }
  const readHeads = createHeadsReader(check)

  /** Writes, and once more to those channels where somebody else's head or entry was in the way: the second time it counts as none. */
  async function write(script: typeof append, writes: readonly Write[]): Promise<AppendResult[]> {
    const send = (some: readonly Write[], disbelieved: readonly string[]) =>
      script.run(
        redis,
        some.map(({ channel, call }, i) => ({ keys: keysOf(channel), args: call(disbelieved[i]!) })),
      )
    const answers = await send(
      writes,
      writes.map(() => ''),
    )
    const foreign = writes.flatMap(({ channel }, i) => {
      const head = findForeignHead(channel, answers[i]!)
      return head === null ? [] : [{ i, head }]
    })
    const again = await send(
      foreign.map(({ i }) => writes[i]!),
      foreign.map(({ head }) => head),
    )
    for (const [at, { i }] of foreign.entries()) answers[i] = again[at]!
    return writes.map(({ channel }, i) => toResult(channel, answers[i]!))
  }

  /** The head that a write met, where it is not ours, or stands for a history that is not. */
  function findForeignHead(channel: ChannelName, answer: Answer | RefusedCall): string | null {
    if (answer instanceof RefusedCall) return null
    const [outcome, head, , entryThere] = answer
    if (head === '') return null
    if (!readHead(channel, head, check)) return head
    return outcome === 'conflict' && !isAuthentic(channel, entryThere ?? '', signer.verify) ? head : null
  }

  function toResult(channel: ChannelName, answer: Answer | RefusedCall): AppendResult {
    if (answer instanceof RefusedCall) return { ok: false, reason: 'rejected', head: null, appended: 0 }
    const [outcome, text, appended] = answer
    const head = readHead(channel, text, check)
    if (outcome === 'ok' && head) return { ok: true, appended, head }
    // Somebody writes there at this very moment: as good as unknown, until the next attempt.
    if (outcome === 'ok') return { ok: false, reason: 'unknown', head: null, appended }
    return { ok: false, reason: outcome as Exclude<AppendResult, { ok: true }>['reason'], head, appended }
  }

  return {
    async append(batches) {
      const sent = batches.filter(({ entries }) => entries.length > 0)
      const answers = await write(
        append,
        sent.map(({ channel, entries }) => {
          const { epoch, seq } = entries[0]!
          const head = encodeHead(channel, entries.at(-1)!, signer.sign)
          const to = [pubSubName(channel), publish, maxEntries, epoch, seq, head, ...listEntries(entries)]
          return { channel, call: (disbelieved) => [channel, disbelieved, ...to] }
        }),
      )
      const results = new Map(sent.map((batch, i) => [batch, answers[i]!]))
      return batches.map((batch) => results.get(batch) ?? { ok: true, appended: 0, head: { epoch: '', seq: 0 } })
    },

    async refill({ channel, entries }: ChannelBatch, base: Position, { replaces = false } = {}) {
      const head = encodeHead(channel, entries.at(-1) ?? base, signer.sign)
      const to = [maxEntries, base.epoch, base.seq, replaces ? 1 : 0, head, ...listEntries(entries)]
      const [result] = await write(refill, [{ channel, call: (disbelieved) => [channel, disbelieved, ...to] }])
      return result!
    },

    heads: (channels) => readHeads(redis, channels),
    renewCaughtUpLeases: (leases, forMs) => writeLeases(redis, signer, leases, forMs),
    serverIdentity: () => readServerIdentity(redis),
  }
}

const keysOf = (channel: ChannelName) => [headsKey(shardOf(channel)), historyKey(channel)]
const listEntries = (entries: readonly LogEntry[]) => entries.flatMap(({ id, bytes }) => [id, bytes])
