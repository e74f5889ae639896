import type { UserId } from '@derm/contract'
import { TokenBucket } from '../connection/token-bucket.ts'

/** Budgets that are full again are forgotten this often. */
const SWEEP_MS = 60_000

/**
 * What each user's requests may cost this node, in bytes of answers, over all of their sockets. [SES24]
 * A budget is never what a socket ends by: who has spent it gets less, or later.
 */
export class UserBudgets {
  private readonly buckets = new Map<UserId, TokenBucket>()
  private sweptAt: number

  constructor(
    private readonly limit: { burst: number; rate: number },
    private readonly now: () => number = () => performance.now(),
  ) {
    this.sweptAt = now()
  }

  of(userId: UserId): TokenBucket {
    this.sweep()
    const known = this.buckets.get(userId)
    if (known) return known
    const bucket = new TokenBucket(this.limit.burst, this.limit.rate, this.now)
    this.buckets.set(userId, bucket)
    return bucket
  }

  get size(): number {
    return this.buckets.size
  }

  private sweep(): void {
    if (this.now() - this.sweptAt < SWEEP_MS) return
    this.sweptAt = this.now()
    for (const [userId, bucket] of this.buckets) if (bucket.isFull) this.buckets.delete(userId)
  }
}
