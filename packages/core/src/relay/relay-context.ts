import { readFailureReason } from '../failure-reason.ts'
import type { BlockedChannels } from './blocked-channels.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { RelayOptions, RelayPart, RelaySettings } from './relay-options.ts'
import type { RefillPace } from './refill-pace.ts'
import type { RelayTasks } from './relay-tasks.ts'

/** What every part of one relay works with. */
export type RelayContext = RelayOptions & {
  settings: RelaySettings
  blocked: BlockedChannels
  breaker: CircuitBreaker
  refills: RefillPace
  tasks: RelayTasks
  /** Of the event log's server: another one may have lost what it acknowledged. */
  serverIdentity(): Promise<string | undefined>
}

/** Whether this relay may begin something new. */
export const isActive = ({ tasks, breaker }: RelayContext): boolean => !tasks.isStopped && !breaker.isOpen

/** What Redis or Postgres refuses, for whatever reason, stops this relay for a while; no event is blamed for it. [REL15] */
export function reportFailure({ breaker, logger, observer }: RelayContext, part: RelayPart, error: unknown): void {
  breaker.trip()
  const reason = readFailureReason(error)
  logger.warn({ part, reason, error }, 'the relay could not do its work, and tries again')
  observer?.failed?.(part, reason)
}
