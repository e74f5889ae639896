import { publishPending } from './publish-pending.ts'
import { isActive, type RelayContext } from './relay-context.ts'
import { runLocked, type ShardOutcome } from './shard-work.ts'

/** When this relay drains which shard: publishes all of its events that are pending. */
export class ShardScheduler {
  /** Shards that a drain of this relay waits for. */
  private readonly waiting = new Set<number>()
  /** When a shard was last drained here. */
  private readonly drainedAt = new Map<number, number>()

  constructor(private readonly context: RelayContext) {}

  /** One drain that waits for a shard is enough: it reads after it has the lock. [REL3] */
  wake(shards: Iterable<number>): void {
    if (!isActive(this.context)) return
    for (const shard of shards) if (!this.waiting.has(shard)) void this.context.tasks.track(this.drainInTurn(shard))
  }

  /** Drains a shard, unless another relay has its lock. */
  async drainIfFree(shard: number): Promise<void> {
    let outcome: ShardOutcome = 'more'
    while (outcome === 'more' && isActive(this.context)) {
      this.noteDrain(shard)
      outcome = await this.drain(shard, false)
    }
  }

  /** The shards that were drained here since `at`, those included that are drained while the caller goes through them. */
  drainedSince(at: number): IterableIterator<number> {
    for (const [shard, drainedAt] of this.drainedAt) if (drainedAt < at) this.drainedAt.delete(shard)
    return this.drainedAt.keys()
  }

  /**
   * Drains a shard, waiting for its lock. It counts as waiting until it has the lock: from then on it may not see a new commit,
   * and whoever wakes this relay must get another drain. [REL3]
   */
  private async drainInTurn(shard: number): Promise<void> {
    let outcome: ShardOutcome = 'more'
    while (outcome === 'more' && isActive(this.context) && !this.waiting.has(shard)) {
      let isWaiting = true
      const endWaiting = () => {
        if (isWaiting) this.waiting.delete(shard)
        isWaiting = false
      }
      this.waiting.add(shard)
      this.noteDrain(shard)
      outcome = await this.drain(shard, true, endWaiting)
      endWaiting()
    }
  }

  private drain(shard: number, wait: boolean, onLocked?: () => void): Promise<ShardOutcome> {
    const run = publishPending.bind(null, this.context)
    return runLocked(this.context, shard, { part: 'drain', wait, run, ...(onLocked ? { onLocked } : {}) })
  }

  private noteDrain(shard: number): void {
    this.drainedAt.set(shard, this.context.clock.elapsed())
  }
}
