import { describe } from 'vitest'
import { describeEventLog } from './event-log-suite.ts'
import { MemoryEventLog } from './memory-event-log.ts'

describe('the event log in memory', () => {
  const eventLog = new MemoryEventLog()
  describeEventLog(() => ({
    writer: eventLog,
    connect: async () => eventLog.connect(),
    forget: async (channel) => eventLog.forget(channel),
    trim: async (channel, keep) => eventLog.trimTo(channel, keep),
    loseAfter: async (channel, { seq }) => {
      const [head] = await eventLog.heads([channel])
      eventLog.loseTail(channel, head!.seq - seq)
    },
  }))
})
