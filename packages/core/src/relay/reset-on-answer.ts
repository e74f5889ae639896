import type { EventLogWriter } from '../event-log/event-log.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'

/**
 * The same event log; what it has written resets the breaker. A server that is full, or a replica, answers what is read and refuses what is
 * written: to be read is no sign that it works again. [REL16] A call for nothing asks nobody: a drain that found no rows is no answer.
 */
export function resetOnAnswer(eventLog: EventLogWriter, breaker: CircuitBreaker): EventLogWriter {
  const written = <Answer>(answer: Answer, asked: number): Answer => {
    if (asked > 0) breaker.reset()
    return answer
  }
  return {
    append: async (batches) => written(await eventLog.append(batches), batches.length),
    refill: async (...of) => written(await eventLog.refill(...of), 1),
    heads: (channels) => eventLog.heads(channels),
    renewCaughtUpLeases: async (leases, forMs) =>
      written(await eventLog.renewCaughtUpLeases(leases, forMs), leases.length),
  }
}
