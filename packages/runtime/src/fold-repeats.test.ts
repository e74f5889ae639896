import type { LogFields, Logger } from '@derm/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { foldRepeats } from './fold-repeats.ts'

let printed: { level: string; fields: LogFields; message: string }[]
let logger: Logger
beforeEach(() => {
  vi.useFakeTimers()
  printed = []
  const say = (level: string) => (fields: LogFields, message: string) => void printed.push({ level, fields, message })
  logger = foldRepeats({ debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }, 10_000)
})
afterEach(() => void vi.useRealTimers())

const full = () => Object.assign(new Error('OOM of some key'), { name: 'ReplyError' })

describe('[OPS33] a line that repeats', () => {
  it('is printed at once, and once more with how often it came', () => {
    const error = full()
    for (let i = 0; i < 747; i++) logger.warn({ reason: 'OOM', ms: i, error }, 'the relay could not do its work')
    expect(printed).toHaveLength(1)
    vi.advanceTimersByTime(10_000)
    expect(printed).toHaveLength(2)
    expect(printed[1]).toMatchObject({ level: 'warn', fields: { reason: 'OOM', repeats: 746 } })
    vi.advanceTimersByTime(60_000)
    expect(printed).toHaveLength(2)
    logger.warn({ reason: 'OOM', error }, 'the relay could not do its work')
    expect(printed).toHaveLength(3)
  })

  it('is not one with another reason, user or text, nor one that tells of what went well', () => {
    logger.warn({ reason: 'OOM' }, 'one')
    logger.warn({ reason: 'MOVED' }, 'one')
    logger.warn({ reason: 'OOM' }, 'two')
    logger.error({ reason: 'OOM' }, 'one')
    for (const userId of ['a', 'b']) logger.warn({ userId }, 'shown very many patients')
    for (let i = 0; i < 3; i++) logger.info({}, 'draining')
    expect(printed).toHaveLength(9)
  })

  it('never fills the memory with what does not repeat', () => {
    for (let i = 0; i < 2000; i++) logger.warn({ userId: String(i) }, 'refused')
    expect(printed).toHaveLength(2000)
    expect(vi.getTimerCount()).toBeLessThanOrEqual(500)
  })
})
