import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { createFairQueue } from './fair-queue.ts'
import { createNeighbourhoodPlaces } from './neighbourhood-places.ts'

/**
 * A password hash takes a core for some 30 ms, and one of the few threads that files and name look-ups need too. Half of the cores, and two
 * threads at most, leave the rest for other requests.
 */
const RUNNING = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)))
/** Together some three seconds of work; from one network, which may be a whole practice in the morning, one. */
const WAITING = { total: 96, member: 32 }
/** Running or waiting from one /24 or /48, in however many networks: others always find a third of the queue. */
const PER_NEIGHBOURHOOD = 64

/** `isKnown`: by a device that has signed in to the account before. */
export type AskedFrom = { network: string; neighbourhood: string; isKnown: boolean }

export interface PasswordHashes {
  /**
   * Whether the password is the hash's; `null`: there is no such account, which takes as long. Known devices and all others take turns, and
   * so do networks, so that a flood from one of them waits for itself.
   * @throws CodedError `rate_limited`, `unavailable` when too many wait.
   */
  verify(stored: string | null, password: string, from: AskedFrom): Promise<boolean>
}

export function createPasswordHashes(): PasswordHashes {
  const queue = createFairQueue({
    running: { total: RUNNING, group: RUNNING, member: RUNNING },
    waiting: WAITING,
  })
  const places = createNeighbourhoodPlaces(PER_NEIGHBOURHOOD)
  /** A hash of nothing that anybody knows. */
  const nobody = hash(crypto.randomUUID())
  return {
    async verify(stored, password, { network, neighbourhood, isKnown }) {
      const leavePlace = places.take(neighbourhood)
      try {
        const leave = await queue.enter(isKnown ? 'known' : 'unknown', network)
        try {
          return (await verify(stored ?? (await nobody), password)) && stored !== null
        } finally {
          leave()
        }
      } finally {
        leavePlace()
      }
    },
  }
}
