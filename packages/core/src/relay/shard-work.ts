import { reportFailure, type RelayContext } from './relay-context.ts'
import type { LockedShard } from './relay-store.ts'

/** `more`: the work has to be done again. `busy`: another relay has the lock. */
export type ShardOutcome = 'more' | 'done' | 'busy' | 'failed'

export type ShardWork = {
  part: 'drain' | 'verify'
  /** Wait for the lock when another relay has it. */
  wait: boolean
  /** Called as soon as the lock is held. */
  onLocked?: () => void
  /** @returns whether it has to be done again. */
  run: (locked: LockedShard) => Promise<boolean>
}

/** Runs work under a shard's lock. A failure is reported, and never thrown. */
export async function runLocked(
  context: RelayContext,
  shard: number,
  { part, wait, onLocked, run }: ShardWork,
): Promise<ShardOutcome> {
  try {
    const more = await context.store.withShardLock(shard, { wait }, async (locked) => {
      onLocked?.()
      return run(locked)
    })
    if (more === 'busy') return 'busy'
    return more ? 'more' : 'done'
  } catch (error) {
    if (!context.tasks.isStopped) reportFailure(context, part, error)
    return 'failed'
  }
}
