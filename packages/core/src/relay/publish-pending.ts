import type { ChannelName } from '@derm/contract'
import type { AppendResult, ChannelBatch } from '../event-log/event-log.ts'
import { encodeEntry, encodeTombstone } from '../event-log/frame.ts'
import { refillBefore } from './refill.ts'
import type { RelayContext } from './relay-context.ts'
import type { OutboxRow } from '../event-log/outbox-row.ts'
import type { LockedShard } from './relay-store.ts'

type Batch = ChannelBatch & { rows: OutboxRow[]; isWhole: boolean }

/**
 * Publishes what is pending in a locked shard, in order, and marks it: a row is marked only after the log
 * has answered for it. [REL1] [REL2]
 * @returns whether more may be pending.
 */
export async function publishPending(context: RelayContext, locked: LockedShard): Promise<boolean> {
  const { settings, blocked, refills, clock } = context
  for (let round = 0; round < settings.maxBatches; round++) {
    const rows = await locked.pending(settings.batchRows, [
      ...blocked.waiting(clock.elapsed()),
      ...refills.held(clock.elapsed()),
    ])
    if (rows.length === 0) return false
    const batches = groupByChannel(rows).flatMap((group) => toBatch(context, group) ?? [])
    const results = await context.eventLog.append(batches)
    const published: OutboxRow[] = []
    let isNewEpoch = false
    for (const [i, batch] of batches.entries()) {
      const settled = await settleBatch(context, locked, batch, results[i]!)
      if (settled === 'new_epoch') isNewEpoch = true
      else published.push(...settled)
    }
    if (published.length > 0) {
      await context.afterPublish?.(published)
      await locked.mark(published)
      context.observer?.published?.(published, clock.now())
    }
    // An epoch is seen by nobody before it is committed: were this rolled back, nodes would be ahead of Postgres for ever. [REL8]
    if (isNewEpoch) return true
    if (rows.length < settings.batchRows && batches.every(({ isWhole }) => isWhole) && published.length === rows.length)
      return false
  }
  return true
}

/** @returns the rows that the log now has; `new_epoch`: the channel's rows go out in a new one, once that is committed. */
async function settleBatch(
  context: RelayContext,
  locked: LockedShard,
  batch: Batch,
  first: AppendResult,
): Promise<OutboxRow[] | 'new_epoch'> {
  const { eventLog, logger, observer, blocked } = context
  let result = first
  if (!result.ok && (result.reason === 'unknown' || result.reason === 'gap' || result.reason === 'new_epoch')) {
    if (context.refills.isHeld(batch.channel, context.clock.elapsed())) return []
    // What is missing before these rows comes back unpublished; then the rows themselves go out.
    await refillBefore(context, locked, batch.channel, batch.rows[0]!, result)
    result = (await eventLog.append([batch]))[0]!
  }
  if (result.ok) {
    blocked.unblock(batch.channel)
    return batch.rows
  }
  switch (result.reason) {
    // The log's history is not Postgres' own (Postgres lost events, or somebody wrote): a new epoch.
    case 'conflict':
    case 'unverifiable':
    case 'stale_epoch': {
      const than = result.head?.epoch ?? batch.rows[0]!.epoch
      await locked.startEpoch(batch.channel, than)
      logger.error({ reason: result.reason }, 'a channel started a new epoch')
      observer?.epochStarted?.(batch.channel, result.reason)
      return 'new_epoch'
    }
    case 'rejected':
      blocked.block(batch.channel, batch.rows[0]!.seq, context.clock.elapsed())
      return []
    // Still not appendable after the refill: somebody flushed the log in between. The next round tries again.
    case 'unknown':
    case 'gap':
    case 'new_epoch':
      return []
  }
}

/** Rows up to the first that cannot be encoded; that one alone, as a tombstone, once its tries are used up. */
function toBatch(context: RelayContext, rows: OutboxRow[]): Batch | null {
  const { blocked, settings, sign, clock, observer, logger } = context
  const channel = rows[0]!.channel
  const entries = []
  for (const [i, row] of rows.entries()) {
    const isGivenUp = blocked.isGivenUp(channel, row.seq)
    const entry = isGivenUp ? encodeTombstone(row, sign) : tryEncode(row, context)
    if (entry && entry.bytes.length <= settings.maxEntryBytes) {
      entries.push(entry)
      if (isGivenUp) {
        observer?.tombstoned?.(channel)
        logger.error({ type: row.type }, 'an event was given up: its clients are told to resync')
      }
      continue
    }
    if (i === 0) {
      blocked.block(channel, row.seq, clock.elapsed())
      return null
    }
    return { channel, entries, rows: rows.slice(0, i), isWhole: false }
  }
  return { channel, entries, rows, isWhole: true }
}

function tryEncode(row: OutboxRow, { sign }: RelayContext) {
  try {
    return encodeEntry(row, sign)
  } catch {
    return null
  }
}

/** Runs of one channel and epoch: a channel whose epoch changed among unpublished rows goes out epoch by epoch. */
function groupByChannel(rows: readonly OutboxRow[]): OutboxRow[][] {
  const groups = new Map<ChannelName, OutboxRow[]>()
  for (const row of rows) {
    const group = groups.get(row.channel)
    if (!group) groups.set(row.channel, [row])
    else if (group[0]!.epoch === row.epoch && group.at(-1)!.seq + 1 === row.seq) group.push(row)
  }
  return [...groups.values()]
}
