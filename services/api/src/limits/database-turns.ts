import { createFairQueue } from './fair-queue.ts'
import { createNeighbourhoodPlaces } from './neighbourhood-places.ts'

/** Whose transaction it is. Those that ask before they are known take turns by their networks, and have a `neighbourhood`. */
export type Turn = { tenant: string; user: string; neighbourhood?: string; signal?: AbortSignal }

export interface DatabaseTurns {
  /** Runs the transaction when it is its tenant's and user's turn. @throws CodedError `rate_limited`, `unavailable` when too many wait */
  run<Result>(turn: Turn, transaction: () => Promise<Result>): Promise<Result>
}

/** Stands for the tenant of all who are not known yet. They get little: what they wait for longest is the comparison of passwords. */
export const NOT_KNOWN = 'not known'
const NOT_KNOWN_RUNNING = 3

/** For what no request waits in turn for: audit entries that are due before an answer, and jobs. */
const KEPT_FREE = 2
const WAITING = { total: 2_000, member: 300 }
/** Under way from one /24 or /48 that is not known yet, in however many networks. */
const PER_NEIGHBOURHOOD = 600

/**
 * The queue before the pool: a pool serves who came first, so that one user's 150 searches would stand before everybody else's read. Here tenants take
 * turns, then their users; a tenant gets half of the connections at most, and a user three, however idle the rest is, since a query that runs
 * takes its time of the same cores.
 */
export function createDatabaseTurns(poolSize: number): DatabaseTurns {
  const total = Math.max(1, poolSize - KEPT_FREE)
  const group = Math.max(1, Math.ceil(total / 2))
  const groups = { [NOT_KNOWN]: Math.min(NOT_KNOWN_RUNNING, group) }
  const queue = createFairQueue({ running: { total, group, member: Math.min(3, group), groups }, waiting: WAITING })
  const places = createNeighbourhoodPlaces(PER_NEIGHBOURHOOD)
  return {
    async run({ tenant, user, neighbourhood, signal }, transaction) {
      const leavePlace = neighbourhood === undefined ? () => {} : places.take(neighbourhood)
      try {
        const leave = await queue.enter(tenant, user, signal)
        try {
          return await transaction()
        } finally {
          leave()
        }
      } finally {
        leavePlace()
      }
    },
  }
}
