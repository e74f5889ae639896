import type { UserId } from '@derm/contract'
import { TokenBucket } from '../connection/token-bucket.ts'
import { UserBudget } from './user-budget.ts'

/** Budgets that are full again are forgotten this often. */
const SWEEP_MS = 60_000

/**
 * What each user's requests may cost this node, in bytes of answers and of what is read for them, over all of their sockets. [SES24]
 * A budget is never what a socket ends by: who has spent it gets less, or later.
 */
export class UserBudgets {
  private readonly budgets = new Map<UserId, UserBudget>()
  private sweptAt: number

  constructor(
    private readonly limit: { burst: number; rate: number },
    private readonly now: () => number = () => performance.now(),
  ) {
    this.sweptAt = now()
  }

  of(userId: UserId): UserBudget {
    this.sweep()
    const known = this.budgets.get(userId)
    if (known) return known
    const { burst, rate } = this.limit
    const [answers, reads] = [new TokenBucket(burst, rate, this.now), new TokenBucket(burst, rate, this.now)]
    const budget = new UserBudget(answers, reads, this.now)
    this.budgets.set(userId, budget)
    return budget
  }

  get size(): number {
    return this.budgets.size
  }

  private sweep(): void {
    if (this.now() - this.sweptAt < SWEEP_MS) return
    this.sweptAt = this.now()
    for (const [userId, budget] of this.budgets) if (budget.isFull) this.budgets.delete(userId)
  }
}
