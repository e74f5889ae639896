import type { ChannelName } from '@derm/contract'
import { expect, it } from 'vitest'
import { MemoryEventLog } from '../event-log/memory-event-log.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import { resetOnAnswer } from './reset-on-answer.ts'

const CHANNEL = '00000000-0000-4000-8000-00000000000a/t/patients' as ChannelName

it('[REL16] what is only read does not end the back-off, what is written does', async () => {
  const clock = new ManualClock()
  const breaker = new CircuitBreaker(clock, () => 1, { baseMs: 100, maxMs: 2000 })
  const eventLog = resetOnAnswer(new MemoryEventLog(10, undefined, () => clock.elapsed()), breaker)
  const breakAfter = async (work: () => Promise<unknown>) => {
    await work()
    breaker.trip()
    let ms = 0
    for (; breaker.isOpen; ms += 100) await clock.advance(100)
    return ms
  }
  expect(await breakAfter(() => eventLog.heads([CHANNEL]))).toBe(100)
  expect(await breakAfter(() => eventLog.heads([CHANNEL]))).toBe(200)
  expect(await breakAfter(() => eventLog.heads([CHANNEL]))).toBe(400)
  expect(await breakAfter(() => eventLog.append([]))).toBe(800)
  expect(await breakAfter(() => eventLog.renewCaughtUpLeases([{ shard: 1, except: [] }], 1000))).toBe(100)
})
