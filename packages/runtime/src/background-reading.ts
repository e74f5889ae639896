import { systemClock, withTimeout, type Clock } from '@derm/core'
import type { Metrics } from './metrics.ts'

const EVERY_MS = 2_500
const ANSWER_MS = 8_000
/** A value that is older than so many intervals is none: it says what was, where an alert takes it for what is. */
const MAX_AGE = 4

/** What was read last, as long as it is fresh. */
export interface BackgroundReading<Value> {
  latest(): Value | undefined
  start(): void
  stop(): void
}

export type ReadingOptions<Value> = {
  /** In `reading`, the label of its age. */
  name: string
  read: () => Promise<Value>
  everyMs?: number
  clock?: Clock
}

/**
 * Reads figures for metrics from a server again and again, by the clock: `/metrics` answers at once with what was read last and never waits
 * for anybody. What is too old is unknown (`NaN`), its age is told, and a counter has the seconds without a reading, which no scrape
 * can miss. [OPS30]
 */
export function createReadings({ gauge, counter }: Pick<Metrics, 'gauge' | 'counter'>) {
  const ages = new Map<string, () => number>()
  gauge({
    name: 'reading_age_seconds',
    help: 'Age of what was last read from a server for these metrics',
    labels: ['reading'],
    collect: (age) => ages.forEach((read, reading) => age.set({ reading }, read() / 1_000)),
  })
  const missing = counter({
    name: 'reading_missing_seconds_total',
    help: 'Seconds in which nothing fresh was known of these metrics',
    labels: ['reading'],
  })

  return function createReading<Value>({
    name,
    read,
    everyMs = EVERY_MS,
    clock = systemClock,
  }: ReadingOptions<Value>): BackgroundReading<Value> {
    let last: { value: Value; at: number } | undefined
    let timer: NodeJS.Timeout | undefined
    let isReading = false
    let countedAt = clock.elapsed()
    const createdAt = countedAt
    const ageMs = () => clock.elapsed() - (last?.at ?? createdAt)
    const latest = () => (last && ageMs() <= MAX_AGE * everyMs ? last.value : undefined)
    ages.set(name, ageMs)
    missing.inc({ reading: name }, 0)

    /** Counted from the moment at which a reading was due and did not come. */
    function countMissing(): void {
      const now = clock.elapsed()
      const dueAt = (last?.at ?? createdAt) + 2 * everyMs
      missing.inc({ reading: name }, Math.max(0, now - Math.max(dueAt, countedAt)) / 1_000)
      countedAt = now
    }

    async function look(): Promise<void> {
      countMissing()
      if (isReading) return
      isReading = true
      try {
        const value = await withTimeout(clock, ANSWER_MS, name, read())
        countMissing()
        last = { value, at: clock.elapsed() }
      } catch {
        // Its age says so.
      }
      isReading = false
    }

    return {
      latest,
      start() {
        void look()
        timer = setInterval(() => void look(), everyMs)
        timer.unref()
      },
      stop: () => clearInterval(timer),
    }
  }
}
