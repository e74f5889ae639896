import type { VerifiedToken } from '@derm/auth'
import type { Api } from '../api.ts'
import { SHARED_SHARE, costOf } from '../limits/request-cost.ts'
import type { Turn } from '../limits/database-turns.ts'
import type { ClientAddress } from './client-address.ts'
import type { Route } from './route.ts'

/** A request that its user and its tenant can afford. `turn`: whose its transactions are. */
export type Admitted = {
  turn: Turn
  /** Another request's computation has answered it, or there was nothing new: most of its cost is given back. */
  giveBackShare: () => void
}

/**
 * Takes what the request costs from its user's and its tenant's budget; who is not known yet is their network.
 * @throws CodedError `rate_limited`
 */
export function admit(
  { budgets }: Pick<Api, 'budgets'>,
  route: Route,
  who: { token: VerifiedToken | null; from: ClientAddress; signal: AbortSignal },
  input: { query: unknown; body: unknown },
): Admitted {
  const { token, from, signal } = who
  const tenant = token?.tid ?? SIGNING_IN
  const user = token?.sub ?? from.network
  const cost = costOf(route, input)
  budgets.spend(tenant, user, cost)
  return {
    turn: { tenant, user, signal },
    giveBackShare: () => budgets.giveBack(tenant, user, cost * SHARED_SHARE),
  }
}

/** Stands for the tenant of all who are not known yet. */
const SIGNING_IN = 'signing in'
