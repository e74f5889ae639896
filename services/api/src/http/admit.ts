import type { VerifiedToken } from '@derm/auth'
import type { Api } from '../api.ts'
import { SHARED_SHARE, costOf } from './request-cost.ts'
import { NOT_KNOWN, type Turn } from '../limits/database-turns.ts'
import type { ClientAddress } from '@derm/runtime'
import type { Route } from './route.ts'

/** A request that its user and its tenant can afford. `turn`: whose its transactions are. */
export type Admitted = {
  turn: Turn
  /** Another request's computation has answered it, or there was nothing new: most of its cost is given back. */
  giveBackShare: () => void
}

type Who = { token: VerifiedToken | null; from: ClientAddress }

/** Whoever is not known yet pays as their network, out of their neighbourhood's share: a flood from one place is paid for there. */
const payerOf = ({ token, from }: Who) =>
  token ? { tenant: token.tid, user: token.sub } : { tenant: from.neighbourhood, user: from.network }

/** Every request costs this before it is looked at, also one that is then refused. */
const ENTRY = 1
/**
 * Takes the price of entry from the budgets of the request's user and tenant; who is not known yet is their network.
 * @throws CodedError `rate_limited`, after a moment
 */
export async function enter({ budgets, heldRefusals }: Pick<Api, 'budgets' | 'heldRefusals'>, who: Who): Promise<void> {
  const { tenant, user } = payerOf(who)
  await heldRefusals.run(() => budgets.spend(tenant, user, ENTRY))
}

/** Takes the rest of what the request costs. @throws CodedError `rate_limited`, after a moment */
export async function admit(
  { budgets, heldRefusals }: Pick<Api, 'budgets' | 'heldRefusals'>,
  route: Route,
  { signal, ...who }: Who & { signal: AbortSignal },
  input: { query: unknown; body: unknown },
): Promise<Admitted> {
  const { tenant, user } = payerOf(who)
  const cost = costOf(route, input) - ENTRY
  if (cost > 0) await heldRefusals.run(() => budgets.spend(tenant, user, cost))
  return {
    turn: who.token ? { tenant, user, signal } : { tenant: NOT_KNOWN, user, neighbourhood: tenant, signal },
    giveBackShare: () => budgets.giveBack(tenant, user, (cost + ENTRY) * SHARED_SHARE),
  }
}
