import { expect, it } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { UNKNOWN_FRESHNESS } from './query-freshness.ts'
import { DEFAULT_SETTINGS } from './refetch-options.ts'
import { AT_ONCE, RefetchTimers, patiently } from './refetch-timers.ts'

it('[INV2] after its end nothing is due, not what was set before nor what a mutation sets that settles later', async () => {
  const clock = new ManualClock()
  const due: string[] = []
  const timers = new RefetchTimers(
    clock,
    () => 0.5,
    DEFAULT_SETTINGS,
    (hash) => due.push(hash),
  )
  timers.set('one', patiently(100), UNKNOWN_FRESHNESS)
  timers.set('two', AT_ONCE, UNKNOWN_FRESHNESS)
  expect(due).toEqual(['two'])
  timers.end()
  timers.set('three', AT_ONCE, UNKNOWN_FRESHNESS)
  await clock.advance(60_000)
  expect(due).toEqual(['two'])
})
