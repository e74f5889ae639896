import type { HeadChecks } from './head-checks.ts'
import type { RelayContext } from './relay-context.ts'

/** The lease that tells the nodes that nothing committed waits outside of the event log. Any relay that is healthy renews it. [REL9] */
export class CaughtUpLease {
  private renewedAt = -Infinity

  constructor(
    private readonly context: RelayContext,
    private readonly checks: HeadChecks,
  ) {}

  /** `askedAt`: when Postgres was asked for the oldest pending event. `pendingMs`: how long that one has waited. */
  async renew(askedAt: number, pendingMs: number): Promise<void> {
    const { settings, clock, eventLog } = this.context
    if (pendingMs >= settings.leaseMaxPendingMs || !this.checks.isInSync(askedAt)) return
    if (askedAt - this.renewedAt < settings.leaseRenewMs) return
    // The lease runs from the question on, not from the answer: a process that froze in between knows nothing of now.
    const leftMs = settings.leaseMs - (clock.elapsed() - askedAt)
    if (leftMs > 0) await eventLog.renewCaughtUpLease(leftMs)
    this.renewedAt = askedAt
  }
}
