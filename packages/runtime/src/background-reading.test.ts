import { ManualClock, settle } from '@derm/core/testing'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createReadings } from './background-reading.ts'
import { createMetrics } from './metrics.ts'

it('[OPS30] a scrape waits for nobody, an old figure is unknown, and the seconds without one are counted', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const clock = new ManualClock()
  const metrics = createMetrics()
  const valueOf = async (name: string) =>
    new RegExp(`^derm_${name}\\{reading="lag"\\} (\\S+)$`, 'm').exec(await metrics.registry.metrics())?.[1]
  let answer: () => Promise<number> = async () => 7
  const reading = createReadings(metrics)({ name: 'lag', read: () => answer(), everyMs: 1_000, clock })
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      await clock.advance(1_000)
      vi.advanceTimersByTime(1_000)
      await settle()
    }
  }
  expect(reading.latest()).toBeUndefined()
  reading.start()
  await settle()
  expect(reading.latest()).toBe(7)
  await pass(5)
  expect(await valueOf('reading_missing_seconds_total')).toBe('0')

  // As with a frozen server: asked, and never answered.
  answer = () => new Promise(() => {})
  await pass(3)
  expect(reading.latest()).toBe(7)
  expect(await valueOf('reading_age_seconds')).toBe('3')
  await pass(7)
  expect(reading.latest()).toBeUndefined()
  expect(Number(await valueOf('reading_missing_seconds_total'))).toBe(8)

  answer = async () => 8
  await pass(10)
  expect(reading.latest()).toBe(8)
  const missed = await valueOf('reading_missing_seconds_total')
  await pass(5)
  expect(await valueOf('reading_missing_seconds_total')).toBe(missed)
  reading.stop()
})
