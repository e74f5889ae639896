import { CodedError } from '@derm/contract'

/** `perSecond`: what comes back; `burst`: how much may be saved up. In units of cost. */
export type Budget = { perSecond: number; burst: number }
export type BudgetsOptions = { user: Budget; tenant: Budget; now: () => number }

export interface Budgets {
  /** Takes the cost from the user's budget and from the tenant's, or from neither. @throws CodedError `rate_limited` with `retryAfter` in seconds. */
  spend(tenant: string, user: string, cost: number): void
  /** Gives back what a request did not use after all. */
  giveBack(tenant: string, user: string, cost: number): void
  /** How many users and tenants are remembered. */
  readonly size: number
}

type Bucket = { left: number; at: number }
/** Above so many, those that are full again are forgotten; above so many more, those that nobody has used for longest. */
const MANY = 5_000
const MOST = 50_000

/**
 * What a user and a tenant may ask of this pod. In the pod's memory: it is this pod's time that is shared out, each further pod brings its own, and a
 * count elsewhere would cost each request more than it saves. Nothing that must not be forgotten is counted here.
 */
export function createBudgets({ user, tenant, now }: BudgetsOptions): Budgets {
  const buckets = new Map<string, Bucket>()

  function bucketOf(key: string, budget: Budget): Bucket {
    const at = now()
    const known = buckets.get(key)
    const passed = known ? Math.max(0, at - known.at) : 0
    const left = known ? Math.min(budget.burst, known.left + (passed * budget.perSecond) / 1_000) : budget.burst
    const bucket = { left, at }
    // The newest last, so that to forget is to look at the oldest alone, and costs what is forgotten.
    buckets.delete(key)
    buckets.set(key, bucket)
    return bucket
  }
  function forgetFull(): void {
    for (const [key, { at }] of buckets) {
      if (now() - at <= 60_000 && buckets.size <= MOST) break
      buckets.delete(key)
    }
  }
  const both = (tenantKey: string, userKey: string) => [
    { bucket: bucketOf(`user ${tenantKey} ${userKey}`, user), budget: user },
    { bucket: bucketOf(`tenant ${tenantKey}`, tenant), budget: tenant },
  ]

  return {
    get size() {
      return buckets.size
    },
    spend(tenantKey, userKey, cost) {
      if (buckets.size > MANY) forgetFull()
      const taken = both(tenantKey, userKey)
      const waits = taken.map(({ bucket, budget }) => (cost - bucket.left) / budget.perSecond)
      const wait = Math.max(...waits)
      if (wait > 0) throw new CodedError('rate_limited', { retryAfter: Math.max(1, Math.ceil(wait)) })
      for (const { bucket } of taken) bucket.left -= cost
    },
    giveBack(tenantKey, userKey, cost) {
      for (const { bucket, budget } of both(tenantKey, userKey))
        bucket.left = Math.min(budget.burst, bucket.left + cost)
    },
  }
}
