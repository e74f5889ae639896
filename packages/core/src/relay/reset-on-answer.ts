import type { EventLogWriter } from '../event-log/event-log.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'

/** The same event log; an answer of it resets the breaker. A call for nothing asks nobody: a drain that found no rows is no answer. */
export function resetOnAnswer(eventLog: EventLogWriter, breaker: CircuitBreaker): EventLogWriter {
  const answered = <Answer>(answer: Answer, asked: number): Answer => {
    if (asked > 0) breaker.reset()
    return answer
  }
  return {
    append: async (batches) => answered(await eventLog.append(batches), batches.length),
    refill: async (...of) => answered(await eventLog.refill(...of), 1),
    heads: async (channels) => answered(await eventLog.heads(channels), channels.length),
    renewCaughtUpLeases: async (leases, forMs) =>
      answered(await eventLog.renewCaughtUpLeases(leases, forMs), leases.length),
  }
}
