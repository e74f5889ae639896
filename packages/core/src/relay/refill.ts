import type { ChannelName, Position } from '@derm/contract'
import type { AppendResult, LogEntry } from '../event-log/event-log.ts'
import { encodeEntry, encodeTombstone } from '../event-log/frame.ts'
import type { RelayContext } from './relay-context.ts'
import type { OutboxRow } from '../event-log/outbox-row.ts'
import type { LockedShard } from './relay-store.ts'

/** Brings back what the log lacks before `first`, the channel's lowest unpublished row. [REL4] */
export async function refillBefore(
  context: RelayContext,
  locked: LockedShard,
  channel: ChannelName,
  first: OutboxRow,
  refusal: Extract<AppendResult, { ok: false }>,
): Promise<void> {
  const isSameEpoch = refusal.head?.epoch === first.epoch
  const from = isSameEpoch ? refusal.head!.seq : Math.max(0, first.seq - 1 - context.settings.refillEntries)
  await refill(context, locked, channel, { epoch: first.epoch, seq: first.seq - 1 }, from, refusal.reason)
}

/**
 * Refills a channel up to `head`, from the rows after `from` that Postgres still has. Unpublished: nodes find it by the
 * next gap or comparison of heads. The rows may begin later than `from` (pruned, or another epoch): then the log's history begins there.
 */
export async function refill(
  context: RelayContext,
  locked: LockedShard,
  channel: ChannelName,
  head: Position,
  from: number,
  reason: string,
): Promise<AppendResult> {
  const { eventLog, observer, settings, refills, clock, logger } = context
  if (refills.note(channel, clock.elapsed())) {
    logger.error({ reason }, 'a channel was refilled again and again: somebody else writes to the event log')
    observer?.refillHeld?.(channel)
  }
  const bring = async (after: number) => {
    const start = Math.max(after, head.seq - settings.refillEntries)
    const rows = (await locked.read(channel, start, settings.refillEntries)).filter(({ seq }) => seq <= head.seq)
    const tail = contiguousTail(rows, head.seq)
    const base = { epoch: head.epoch, seq: head.seq - tail.length }
    const result = await eventLog.refill({ channel, entries: tail.map((row) => encode(context, row)) }, base, {
      replaces: after === 0,
    })
    observer?.refilled?.(tail.length, reason)
    return result
  }
  const result = await bring(from)
  // The log has lost more since it was asked, or Postgres has no longer what lies between: as much as there is.
  return !result.ok && result.reason === 'gap' ? bring(0) : result
}

/** The rows that run without a gap up to `last`. */
function contiguousTail(rows: readonly OutboxRow[], last: number): OutboxRow[] {
  const tail: OutboxRow[] = []
  let expected = last
  for (const row of rows.toReversed()) {
    if (row.seq !== expected) break
    tail.push(row)
    expected--
  }
  return tail.toReversed()
}

function encode({ sign, settings }: RelayContext, row: OutboxRow): LogEntry {
  try {
    const entry = encodeEntry(row, sign)
    if (entry.bytes.length <= settings.maxEntryBytes) return entry
  } catch {
    // What was given up when it was published is given up here too.
  }
  return encodeTombstone(row, sign)
}
