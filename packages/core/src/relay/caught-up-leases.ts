import type { ChannelName } from '@derm/contract'
import { MAX_EXCEPTED, type CaughtUp } from '../event-log/event-log.ts'
import { EVERY_SHARD } from '../event-log/shard.ts'
import type { HeadChecks } from './head-checks.ts'
import type { RelayContext } from './relay-context.ts'

/** More channels than this are not one channel's fault: then nothing is caught up. */
const MAX_LATE = 1000

/**
 * The leases that tell the nodes that nothing committed waits outside of the event log: one for each shard, each of which names the channels
 * that it says nothing of. Any relay that is healthy renews them. [REL9] [SEC23]
 */
export class CaughtUpLeases {
  private renewedAt = -Infinity

  constructor(
    private readonly context: RelayContext,
    private readonly checks: HeadChecks,
  ) {}

  /** `askedAt`: when Postgres was asked for the oldest pending event. `pendingMs`: how long that one has waited. */
  async renew(askedAt: number, pendingMs: number): Promise<void> {
    const { settings, clock, eventLog } = this.context
    if (askedAt - this.renewedAt < settings.leaseRenewMs) return
    const late = await this.findLate(pendingMs)
    if (!late) return
    const leases = EVERY_SHARD.filter((shard) => this.checks.isInSync(shard, askedAt))
      .map((shard): CaughtUp => {
        const except = new Set([...(late.get(shard) ?? []), ...this.checks.lateOf(shard, askedAt)])
        return { shard, except: [...except] }
      })
      .filter(({ except }) => except.length <= MAX_EXCEPTED)
    // A lease runs from the question on, not from the answer: a process that froze in between knows nothing of now.
    const leftMs = settings.leaseMs - (clock.elapsed() - askedAt)
    if (leftMs > 0 && leases.length > 0) await eventLog.renewCaughtUpLeases(leases, leftMs)
    this.renewedAt = askedAt
  }

  /** Channels with an event that has waited too long, by their shards; `null`: too many to name. */
  private async findLate(pendingMs: number): Promise<Map<number, ChannelName[]> | null> {
    const { store, settings } = this.context
    const late = new Map<number, ChannelName[]>()
    if (pendingMs < settings.leaseMaxPendingMs) return late
    const found = await store.latePending(settings.leaseMaxPendingMs, MAX_LATE)
    if (found.length >= MAX_LATE) return null
    for (const { shard, channel } of found) late.set(shard, [...(late.get(shard) ?? []), channel])
    return late
  }
}
