import { comparePositions, type ChannelName, type Position } from '@derm/contract'
import { publishPending } from './publish-pending.ts'
import type { RelayContext } from './relay-context.ts'
import { refill } from './refill.ts'
import type { ChannelHead, LockedShard } from './relay-store.ts'

/**
 * `isAgain`: it has to be done again soon. `late`: channels whose loss could not be made good, and which concern nobody but who listens to
 * them; `null` when the heads were not compared.
 */
export type Verified = { isAgain: boolean; late: readonly ChannelName[] | null }

/**
 * A marked row is not a delivery: the log may have lost what it acknowledged. Compares the heads of channels that changed since
 * `since` with the log's, and refills what is missing. [REL5]
 *
 * The heads are read first, then what is unpublished goes out: whatever the log still lacks of those heads, it has lost.
 */
export async function verifyHeads(context: RelayContext, locked: LockedShard, since: number): Promise<Verified> {
  const { eventLog, blocked, clock } = context
  const heads = await locked.heads(since)
  const ahead = heads.filter(({ isAhead }) => isAhead)
  for (const { channel } of ahead) await startEpoch(context, locked, channel, '', 'epoch_ahead')
  // What goes out in an epoch goes out after its commit. [REL8]
  if (ahead.length > 0 || (await publishPending(context, locked))) return { isAgain: true, late: null }
  const checked = heads.filter(({ channel }) => !blocked.isBlocked(channel, clock.elapsed()))
  const found = await eventLog.heads(checked.map(({ channel }) => channel))
  const late: ChannelName[] = []
  const suspects = []
  for (const [i, head] of checked.entries()) {
    const known = found[i]
    if (!known || comparePositions(known, head) < 0) {
      if (!(await bringBack(context, locked, head, known))) late.push(head.channel)
    } else if (comparePositions(known, head) > 0) suspects.push({ channel: head.channel, known })
  }
  const isNewEpoch = suspects.length > 0 && (await settleSuspects(context, locked, suspects))
  // What waits is tried again when its pause is over; the log learns of a new epoch by the next comparison, once it is committed. [REL8]
  const isRefused = late.some((channel) => !context.refills.isHeld(channel, clock.elapsed()))
  return { isAgain: isNewEpoch || isRefused, late: isNewEpoch ? null : late }
}

/** @returns whether the log has the head now. */
async function bringBack(
  context: RelayContext,
  locked: LockedShard,
  head: ChannelHead,
  known: Position | null | undefined,
): Promise<boolean> {
  if (context.refills.isHeld(head.channel, context.clock.elapsed())) return false
  const from = known?.epoch === head.epoch ? known.seq : 0
  return (await refill(context, locked, head.channel, head, from, 'lost')).ok
}

/** Ahead of what Postgres said a moment ago may be what was published since; ahead of what it says now, Postgres has lost events. */
async function settleSuspects(
  context: RelayContext,
  locked: LockedShard,
  suspects: readonly { channel: ChannelName; known: Position }[],
): Promise<boolean> {
  let isNewEpoch = false
  const now = new Map((await locked.heads(0)).map((head) => [head.channel, head]))
  for (const { channel, known } of suspects) {
    const head = now.get(channel)
    if (!head || comparePositions(known, head) <= 0) continue
    await startEpoch(context, locked, channel, known.epoch, 'log_ahead')
    isNewEpoch = true
  }
  return isNewEpoch
}

async function startEpoch(
  { logger, observer }: RelayContext,
  locked: LockedShard,
  channel: ChannelName,
  than: string,
  reason: 'log_ahead' | 'epoch_ahead',
): Promise<void> {
  await locked.startEpoch(channel, than)
  logger.error({ reason }, 'a channel started a new epoch')
  observer?.epochStarted?.(channel, reason)
}
