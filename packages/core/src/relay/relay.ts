import { EVERY_SHARD } from '../event-log/shard.ts'
import { resetOnAnswer } from './reset-on-answer.ts'
import { BlockedChannels } from './blocked-channels.ts'
import { CaughtUpLeases } from './caught-up-leases.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import { HeadChecks } from './head-checks.ts'
import { reportFailure, type RelayContext } from './relay-context.ts'
import { RELAY_SETTINGS, type RelayOptions, type RelayPart } from './relay-options.ts'
import { RefillPace } from './refill-pace.ts'
import { RelayTasks } from './relay-tasks.ts'
import { ShardScheduler } from './shard-scheduler.ts'

/**
 * Moves committed events from Postgres to the event log. It runs in every API pod. Of each shard, one relay at a time has the lock.
 *
 * - `wake`, after a commit, drains at once, and waits for the lock if another relay has it.
 * - A poll finds what a dead pod left behind.
 * - A check of heads finds what the event log has lost.
 */
export interface Relay {
  start(): void
  /** Drains these shards soon. */
  wake(shards: Iterable<number>): void
  /** One check of every channel's head; resolves when it is done. */
  verifyAll(): Promise<void>
  /** Resolves when nothing of this relay is under way any more. */
  stop(): Promise<void>
}

export function createRelay(options: RelayOptions): Relay {
  const context = createContext(options)
  const { settings, tasks, store, clock, breaker } = context
  const scheduler = new ShardScheduler(context)
  const checks = new HeadChecks(context, scheduler)
  const leases = new CaughtUpLeases(context, checks)

  async function poll(): Promise<void> {
    if (breaker.isOpen) return
    const askedAt = clock.elapsed()
    const pendingMs = (await store.oldestPendingMs()) ?? 0
    await leases.renew(askedAt, pendingMs)
    if (pendingMs >= settings.pollMs / 2) for (const shard of EVERY_SHARD) await scheduler.drainIfFree(shard)
  }

  const repeat = (part: RelayPart, everyMs: () => number, run: () => Promise<void>) =>
    tasks.repeat(everyMs, run, (error) => reportFailure(context, part, error))

  return {
    start() {
      repeat('poll', () => settings.pollMs, poll)
      // A check that could not be made is not left for a second.
      repeat(
        'verify',
        () => (checks.isAnyDue ? settings.pollMs : settings.verifyRecentMs),
        () => checks.run(),
      )
    },
    wake: (shards) => scheduler.wake(shards),
    verifyAll: () => tasks.track(checks.verifyAll()),
    stop: () => tasks.stop(),
  }
}

function createContext(options: RelayOptions): RelayContext {
  const settings = { ...RELAY_SETTINGS, ...options.settings }
  const { clock, random, eventLog } = options
  const breaker = new CircuitBreaker(clock, random, { baseMs: settings.breakMs, maxMs: settings.maxBreakMs })
  return {
    ...options,
    settings,
    breaker,
    eventLog: resetOnAnswer(eventLog, breaker),
    serverIdentity: async () => eventLog.serverIdentity?.(),
    blocked: new BlockedChannels(settings.tries, 200),
    refills: new RefillPace(settings),
    tasks: new RelayTasks(clock, random),
  }
}
