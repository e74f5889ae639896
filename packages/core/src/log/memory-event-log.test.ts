import { describe } from 'vitest'
import { describeEventLog } from './event-log-suite.ts'
import { MemoryEventLog } from './memory-event-log.ts'

describe('the event log in memory', () => {
  const log = new MemoryEventLog()
  describeEventLog(() => ({
    writer: log,
    connect: async () => log.connect(),
    forget: async (channel) => log.forget(channel),
    trim: async (channel, keep) => log.trimTo(channel, keep),
    loseAfter: async (channel, { seq }) => {
      const [head] = await log.heads([channel])
      log.loseTail(channel, head!.seq - seq)
    },
  }))
})
