import type { Timer } from '../clock.ts'
import { SHARD_COUNT } from '../event-log/shard.ts'
import { publishPending } from './publish-pending.ts'
import type { RelayContext } from './relay-context.ts'
import { RELAY_SETTINGS, type RelayOptions } from './relay-options.ts'
import type { LockedShard } from './relay-store.ts'
import { BlockedChannels } from './blocked-channels.ts'
import { verifyHeads } from './verify-heads.ts'

/**
 * Moves committed events from Postgres to the log. It runs in every API pod; per shard one owns at a time.
 *
 * - `wake` after a commit: drains at once, waiting for the lock if another holds it.
 * - a poll finds what a dead pod left behind.
 * - a comparison of heads finds what the log has lost.
 */
export interface Relay {
  start(): void
  /** Drains these shards soon. One drain that waits for a shard is enough: it reads after the lock. [REL3] */
  wake(shards: Iterable<number>): void
  /** One comparison of every channel's head with the log; resolves when it is done. */
  verifyAll(): Promise<void>
  /** Resolves when nothing of this relay is under way any more. */
  stop(): Promise<void>
}

export function createRelay(options: RelayOptions): Relay {
  const settings = { ...RELAY_SETTINGS, ...options.settings }
  const { store, eventLog, clock, random, logger, observer } = options
  const context: RelayContext = {
    ...options,
    eventLog: {
      append: async (batches) => reached(await eventLog.append(batches), batches.length),
      refill: async (...of) => reached(await eventLog.refill(...of), 1),
      heads: async (channels) => reached(await eventLog.heads(channels), channels.length),
      renewCaughtUpLease: async (forMs) => reached(await eventLog.renewCaughtUpLease(forMs), 1),
    },
    settings,
    blocked: new BlockedChannels(settings.tries, 200),
  }
  const waiting = new Set<number>()
  const recent = new Map<number, number>()
  const underWay = new Set<Promise<void>>()
  const timers = new Set<Timer>()
  let isStopped = false
  let breakUntil = -Infinity
  let breakMs = settings.breakMs
  let identity: string | undefined
  let lastVerifiedAll = -Infinity
  let leaseRenewedAt = -Infinity
  /** Shards whose comparison is due, until it was made: a failure or another owner does not make it obsolete. */
  const unverified = new Set<number>(everyShard())
  /** When each shard's last whole comparison began that found the log level with Postgres, or made it so. */
  const inSyncSince = new Map<number, number>()

  const begunAt = clock.elapsed()

  const isBroken = () => clock.elapsed() < breakUntil

  /** The log cannot be reached: it is left alone for a while, so that no drain waits for it and no lock is held for nothing. */
  function trip(part: 'drain' | 'verify' | 'poll', error: unknown): void {
    breakUntil = clock.elapsed() + breakMs * (0.5 + random() / 2)
    breakMs = Math.min(breakMs * 2, settings.maxBreakMs)
    logger.warn({ part, error }, 'the relay could not do its work, and tries again')
    observer?.failed?.(part, error)
  }

  /** Only an answer of the log ends the growing of breaks: a drain that found nothing to publish has not asked it. */
  function reached<Answer>(answer: Answer, asked: number): Answer {
    if (asked > 0) breakMs = settings.breakMs
    return answer
  }

  function track(work: Promise<void>): Promise<void> {
    underWay.add(work)
    void work.finally(() => underWay.delete(work))
    return work
  }

  async function withShardLock(
    shard: number,
    wait: boolean,
    part: 'drain' | 'verify',
    work: (locked: LockedShard) => Promise<boolean>,
    onLocked: () => void = () => {},
  ): Promise<'more' | 'done' | 'busy' | 'failed'> {
    try {
      const more = await store.withShardLock(shard, { wait }, async (locked) => {
        onLocked()
        return work(locked)
      })
      if (more === 'busy') return 'busy'
      return more ? 'more' : 'done'
    } catch (error) {
      if (!isStopped) trip(part, error)
      return 'failed'
    }
  }

  /** Publishes what is pending, without waiting for another owner. */
  async function drain(shard: number): Promise<void> {
    let outcome = 'more'
    while (outcome === 'more' && !isStopped && !isBroken()) {
      recent.set(shard, clock.elapsed())
      outcome = await withShardLock(shard, false, 'drain', (locked) => publishPending(context, locked))
    }
  }

  /** The same, in its turn: it counts as waiting until it owns the shard, and no drain that has ended counts for the next. [REL3] */
  async function drainInTurn(shard: number): Promise<void> {
    let outcome = 'more'
    while (outcome === 'more' && !isStopped && !isBroken() && !waiting.has(shard)) {
      let isWaiting = true
      const endWaiting = () => {
        if (isWaiting) waiting.delete(shard)
        isWaiting = false
      }
      waiting.add(shard)
      recent.set(shard, clock.elapsed())
      // Once it owns the shard a new commit may not be seen: whoever wakes us then must get a drain of its own.
      outcome = await withShardLock(shard, true, 'drain', (locked) => publishPending(context, locked), endWaiting)
      endWaiting()
    }
  }

  async function verify(shards: Iterable<number>, since: number): Promise<void> {
    for (const shard of shards) {
      if (isStopped || isBroken()) return
      const askedAt = clock.elapsed()
      // Where one always waits for the lock, whoever only tries never gets it.
      const isOverdue = since === 0 && askedAt - (inSyncSince.get(shard) ?? begunAt) > settings.verifyOverdueMs
      const outcome = await withShardLock(shard, isOverdue, 'verify', (locked) => verifyHeads(context, locked, since))
      if (outcome === 'more') unverified.add(shard)
      else if (since === 0 && outcome === 'done') {
        unverified.delete(shard)
        inSyncSince.set(shard, askedAt)
      }
    }
  }

  async function poll(): Promise<void> {
    if (isBroken()) return
    const askedAt = clock.elapsed()
    const waitingMs = (await store.oldestPendingMs()) ?? 0
    if (
      waitingMs < settings.leaseMaxPendingMs &&
      isInSync(askedAt) &&
      askedAt - leaseRenewedAt >= settings.leaseRenewMs
    ) {
      // From the question on, not from the answer: who froze in between knows nothing of now.
      const left = settings.leaseMs - (clock.elapsed() - askedAt)
      if (left > 0) await context.eventLog.renewCaughtUpLease(left)
      leaseRenewedAt = askedAt
    }
    if (waitingMs >= settings.pollMs / 2) for (const shard of everyShard()) await drain(shard)
  }

  /** A marked row is not a delivery: who has not compared for a while knows of nothing that the log has lost. */
  function isInSync(now: number): boolean {
    if (context.blocked.isAnyBlocked(now)) return false
    for (const shard of everyShard())
      if (now - (inSyncSince.get(shard) ?? -Infinity) > settings.leaseMaxCheckAgeMs) return false
    return true
  }

  async function compare(): Promise<void> {
    if (isBroken()) return
    const now = clock.elapsed()
    const server = await eventLog.serverIdentity?.()
    const isAnother = server !== identity
    identity = server
    const isOtherPostgres = await store.followServer()
    if (isOtherPostgres) {
      logger.error({ reason: 'postgres_changed' }, 'every channel started a new epoch')
      observer?.epochStarted?.(null, 'postgres_changed')
    }
    if (isAnother || isOtherPostgres || now - lastVerifiedAll >= settings.verifyAllMs) {
      lastVerifiedAll = now
      for (const shard of everyShard()) unverified.add(shard)
    }
    await verify([...unverified], 0)
    for (const [shard, at] of recent) if (now - at > settings.recentMs) recent.delete(shard)
    await verify(recent.keys(), clock.now() - settings.recentMs)
  }

  /** Runs again and again, with jitter so that pods do not march in step. */
  function repeat(part: 'poll' | 'verify', every: () => number, run: () => Promise<void>): void {
    const timer = clock.setTimeout(
      () => {
        timers.delete(timer)
        void track(run().catch((error: unknown) => trip(part, error))).finally(() => {
          if (!isStopped) repeat(part, every, run)
        })
      },
      every() * (0.75 + random() / 2),
    )
    timers.add(timer)
  }

  return {
    start() {
      repeat('poll', () => settings.pollMs, poll)
      // What could not be compared yet is not left for a second.
      repeat('verify', () => (unverified.size > 0 ? settings.pollMs : settings.verifyRecentMs), compare)
    },
    wake(shards) {
      if (isStopped || isBroken()) return
      for (const shard of shards) if (!waiting.has(shard)) void track(drainInTurn(shard))
    },
    verifyAll: () => track(verify(everyShard(), 0)),
    async stop() {
      isStopped = true
      for (const timer of timers) clock.clearTimeout(timer)
      await Promise.allSettled(underWay)
    },
  }
}

function* everyShard(): Generator<number> {
  for (let shard = 0; shard < SHARD_COUNT; shard++) yield shard
}
