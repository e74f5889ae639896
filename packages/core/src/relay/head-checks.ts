import { EVERY_SHARD } from '../event-log/shard.ts'
import { isActive, type RelayContext } from './relay-context.ts'
import type { ShardScheduler } from './shard-scheduler.ts'
import { runLocked } from './shard-work.ts'
import { verifyHeads } from './verify-heads.ts'

/** When this relay compares which shard's heads with the event log's: a marked row is not a delivery. [REL5] */
export class HeadChecks {
  /** Shards whose whole check is due. A failure, or another relay's lock, does not end that. */
  private readonly due = new Set<number>(EVERY_SHARD)
  /** When each shard's last whole check began that found the event log in sync with Postgres, or made it so. */
  private readonly inSyncAt = new Map<number, number>()
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
    const isOtherEventLog = await this.isOtherEventLog()
    const isOtherPostgres = await this.followPostgres()
    if (isOtherEventLog || isOtherPostgres || now - this.lastCheckOfAllAt >= settings.verifyAllMs) {
      this.lastCheckOfAllAt = now
      for (const shard of EVERY_SHARD) this.due.add(shard)
    }
    await this.verify([...this.due], 0)
    await this.verify(this.scheduler.drainedSince(now - settings.recentMs), clock.now() - settings.recentMs)
  }

  verifyAll(): Promise<void> {
    return this.verify(EVERY_SHARD, 0)
  }

  /** Whether every shard was found in sync a short while ago, and no channel is blocked. */
  isInSync(now: number): boolean {
    const { blocked, settings } = this.context
    if (blocked.isAnyBlocked(now)) return false
    return EVERY_SHARD.every((shard) => now - (this.inSyncAt.get(shard) ?? -Infinity) <= settings.leaseMaxCheckAgeMs)
  }

  /** `since`: 0 is a whole check. */
  private async verify(shards: Iterable<number>, since: number): Promise<void> {
    for (const shard of shards) {
      if (!isActive(this.context)) return
      const askedAt = this.context.clock.elapsed()
      const outcome = await runLocked(this.context, shard, {
        part: 'verify',
        wait: since === 0 && this.isOverdue(shard, askedAt),
        run: (locked) => verifyHeads(this.context, locked, since),
      })
      if (outcome === 'more') this.due.add(shard)
      else if (since === 0 && outcome === 'done') {
        this.due.delete(shard)
        this.inSyncAt.set(shard, askedAt)
      }
    }
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
