import { describeEventLog } from './event-log-suite.ts'
import { MemoryEventLog } from './memory-event-log.ts'

describeEventLog('memory', () => {
  const writer = new MemoryEventLog()
  return { writer, connect: () => writer.connect() }
})
