import type { ChannelName } from '@derm/contract'
import { EVERY_SHARD, shardOf } from '../event-log/shard.ts'
import { isActive, type RelayContext } from './relay-context.ts'
import type { ShardScheduler } from './shard-scheduler.ts'
import { runLocked } from './shard-work.ts'
import { verifyHeads, type Verified } from './verify-heads.ts'

/** When this relay compares which shard's heads with the event log's: a marked row is not a delivery. [REL5] */
export class HeadChecks {
  /** Shards whose whole check is due. A failure, or another relay's lock, does not end that. */
  private readonly due = new Set<number>(EVERY_SHARD)
  /** When each shard's last whole check began that found the event log in sync with Postgres, or made it so. */
  private readonly inSyncAt = new Map<number, number>()
  /** Channels of which the last check of their shard that compared heads could not say that. */
  private readonly late = new Map<number, readonly ChannelName[]>()
  private readonly begunAt: number
  private lastCheckOfAllAt = -Infinity
  private eventLogServer: string | undefined

  constructor(
    private readonly context: RelayContext,
    private readonly scheduler: ShardScheduler,
  ) {
    this.begunAt = context.clock.elapsed()
  }

  get isAnyDue(): boolean {
    return this.due.size > 0
  }

  /** Checks every shard that is due whole, and what changed of late in the shards that were drained here. */
  async run(): Promise<void> {
    const { clock, settings, breaker } = this.context
    if (breaker.isOpen) return
    const now = clock.elapsed()
    // Due at once, before anything else is awaited: the server is known from now on, also when what follows fails. [REL5]
    if (await this.isOtherEventLog()) this.setAllDue(now)
    if (await this.followPostgres()) this.setAllDue(now)
    if (now - this.lastCheckOfAllAt >= settings.verifyAllMs) this.setAllDue(now)
    await this.verify([...this.due], 0)
    await this.verify(this.scheduler.drainedSince(now - settings.recentMs), clock.now() - settings.recentMs)
  }

  private setAllDue(now: number): void {
    this.lastCheckOfAllAt = now
    for (const shard of EVERY_SHARD) this.due.add(shard)
  }

  verifyAll(): Promise<void> {
    return this.verify(EVERY_SHARD, 0)
  }

  /** Whether a shard was found in sync a short while ago, but for its late channels. */
  isInSync(shard: number, now: number): boolean {
    return now - (this.inSyncAt.get(shard) ?? -Infinity) <= this.context.settings.leaseMaxCheckAgeMs
  }

  /** The channels whose events wait, as far as this relay knows: blocked ones, and those that could not be refilled. */
  lateOf(shard: number, now: number): ChannelName[] {
    const blocked = this.context.blocked.blocked(now).filter((channel) => shardOf(channel) === shard)
    return [...(this.late.get(shard) ?? []), ...blocked]
  }

  /** `since`: 0 is a whole check. */
  private async verify(shards: Iterable<number>, since: number): Promise<void> {
    for (const shard of shards) {
      if (!isActive(this.context)) return
      const askedAt = this.context.clock.elapsed()
      let verified: Verified | undefined
      const outcome = await runLocked(this.context, shard, {
        part: 'verify',
        wait: since === 0 && this.isOverdue(shard, askedAt),
        run: async (locked) => (verified = await verifyHeads(this.context, locked, since)).isAgain,
      })
      if (outcome === 'more') this.due.add(shard)
      if (outcome === 'done' && since === 0) this.due.delete(shard)
      this.note(shard, since, askedAt, outcome === 'done' || outcome === 'more' ? verified?.late : null)
    }
  }

  /** What a committed check has found. One of some channels only adds to what is late: what is not, a whole check says. */
  private note(shard: number, since: number, askedAt: number, late: readonly ChannelName[] | null | undefined): void {
    if (!late) return
    this.late.set(shard, since === 0 ? late : [...new Set([...(this.late.get(shard) ?? []), ...late])])
    if (since === 0) this.inSyncAt.set(shard, askedAt)
  }

  /** Where other relays always wait for the lock, a check that only tries would never get it. [REL3] */
  private isOverdue(shard: number, now: number): boolean {
    return now - (this.inSyncAt.get(shard) ?? this.begunAt) > this.context.settings.verifyOverdueMs
  }

  private async isOtherEventLog(): Promise<boolean> {
    const before = this.eventLogServer
    this.eventLogServer = await this.context.serverIdentity()
    return this.eventLogServer !== before
  }

  private async followPostgres(): Promise<boolean> {
    const { store, logger, observer } = this.context
    if (!(await store.followServer())) return false
    logger.error({ reason: 'postgres_changed' }, 'every channel started a new epoch')
    observer?.epochStarted?.(null, 'postgres_changed')
    return true
  }
}
