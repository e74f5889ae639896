import { comparePositions } from '@derm/contract'
import { publishPending } from './publish-pending.ts'
import type { RelayContext } from './relay-context.ts'
import { refill } from './refill.ts'
import type { LockedShard } from './relay-store.ts'

/**
 * A marked row is not a delivery: the log may have lost what it acknowledged. Compares the heads of channels that changed since
 * `since` with the log's, and refills what is missing. [REL5]
 *
 * The heads are read first, then what is unpublished goes out: whatever the log still lacks of those heads, it has lost.
 * @returns whether it has to be done again: more is pending, a new epoch is not committed yet, or the log refused what it lacks.
 */
export async function verifyHeads(context: RelayContext, locked: LockedShard, since: number): Promise<boolean> {
  const { eventLog, blocked, observer, logger } = context
  const heads = await locked.heads(since)
  if (await publishPending(context, locked)) return true
  const checked = heads.filter(({ channel }) => !blocked.isBlocked(channel, context.clock.elapsed()))
  const found = await eventLog.heads(checked.map(({ channel }) => channel))
  const suspects = []
  let isRefused = false
  for (const [i, head] of checked.entries()) {
    const known = found[i]
    if (!known || comparePositions(known, head) < 0) {
      const from = known?.epoch === head.epoch ? known.seq : 0
      const result = await refill(context, locked, head.channel, head, from, 'lost')
      if (!result.ok) isRefused = true
    } else if (comparePositions(known, head) > 0) suspects.push({ channel: head.channel, known })
  }
  if (suspects.length === 0) return isRefused
  // Ahead of what Postgres said a moment ago may be what was published since; ahead of what it says now, Postgres has lost events.
  let isNewEpoch = false
  const now = new Map((await locked.heads(0)).map((head) => [head.channel, head]))
  for (const { channel, known } of suspects) {
    const head = now.get(channel)
    if (!head || comparePositions(known, head) <= 0) continue
    await locked.startEpoch(channel, known.epoch)
    isNewEpoch = true
    logger.error({ reason: 'log_ahead' }, 'a channel started a new epoch')
    observer?.epochStarted?.(channel, 'log_ahead')
  }
  // The log learns of it by the next comparison, once it is committed. [REL8]
  return isNewEpoch || isRefused
}
