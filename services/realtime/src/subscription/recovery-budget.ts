import { delay, systemClock } from '@derm/core'
import type { JoinRequest } from '@derm/core/node'
import type { UserBudget } from './user-budget.ts'

/** A user who has overdrawn the budget waits for it, and no longer than this. */
const MAX_DELAY_MS = 5_000
const LOOK_EVERY_MS = 100

/**
 * What one request may cost its user. What its answer may come to is reserved before anything is prepared: many requests at once would else
 * all find the same budget. Where that cannot be had, the request is served without a recovery: a resync costs nothing here. Each read of
 * history that is made for it reserves for itself. [SES24] [SES30]
 */
export class RecoveryBudget {
  private reserved = 0

  constructor(
    private readonly user: UserBudget,
    private readonly mostBytes: number,
  ) {}

  /** The user has spent more than there was. */
  get isOverdrawn(): boolean {
    return !this.user.answers.take(0)
  }

  /** Waits for as long as it is overdrawn, up to a limit. */
  async settle(): Promise<void> {
    const until = performance.now() + MAX_DELAY_MS
    while (this.isOverdrawn && performance.now() < until) await delay(systemClock, LOOK_EVERY_MS)
  }

  apply(wanted: readonly JoinRequest[]): readonly JoinRequest[] {
    if (!wanted.some(({ cursor }) => cursor)) return wanted
    if (this.user.answers.take(this.mostBytes)) {
      this.reserved = this.mostBytes
      return wanted.map((one) => ({ ...one, reads: this.user }))
    }
    return wanted.map((one) => ({ ...one, isOverBudget: true }))
  }

  /** What was answered counts in full. */
  spend(bytes: number): void {
    this.user.answers.charge(bytes)
  }

  end(): void {
    this.user.answers.giveBack(this.reserved)
    this.reserved = 0
  }
}
