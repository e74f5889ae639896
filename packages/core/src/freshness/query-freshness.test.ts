import { describe, expect, it } from 'vitest'
import { FetchAttempt } from './fetch-attempt.ts'
import {
  TRANSITIONS,
  UNKNOWN_FRESHNESS,
  reduceFreshness,
  type FreshnessEvent,
  type Phase,
  type QueryFreshness,
} from './query-freshness.ts'

const createAttempt = () =>
  new FetchAttempt({ minAsOf: {}, news: 3, invalidations: 0, session: 1 }, { 't/patients': at(5) })
const at = (seq: number) => ({ epoch: '0000000000010000', seq })
const EVENTS: FreshnessEvent[] = [
  { type: 'fetchStart', attempt: createAttempt() },
  { type: 'fetchSuccess' },
  ...[true, false].flatMap((hasData) => [
    { type: 'fetchError' as const, hasData },
    { type: 'written' as const, hasData },
    { type: 'reconnected' as const, hasData },
  ]),
  { type: 'put' },
  { type: 'withdrawn', at: 7 },
  { type: 'invalidated' },
]
const reduce = (...events: FreshnessEvent[]) => events.reduce(reduceFreshness, UNKNOWN_FRESHNESS)
const IN_PHASE: Record<Phase, QueryFreshness> = {
  settled: UNKNOWN_FRESHNESS,
  fetching: reduce(EVENTS[0]!),
  interrupted: reduce(EVENTS[0]!, { type: 'written', hasData: false }),
}

describe('the freshness of a query', () => {
  it('has a transition for every event in every phase, and an attempt only while it fetches', () => {
    for (const [phase, freshness] of Object.entries(IN_PHASE)) {
      expect(freshness.phase).toBe(phase)
      expect(Object.keys(TRANSITIONS[freshness.phase]).sort()).toEqual(
        [...new Set(EVENTS.map(({ type }) => type))].sort(),
      )
      for (const event of EVENTS) {
        const next = reduceFreshness(Object.freeze({ ...freshness }), event)
        expect(next.attempt !== undefined, `${phase}, ${event.type}`).toBe(next.phase === 'fetching')
      }
    }
  })

  it('[INV9] takes from a success how new its answers were, and nothing from one that it did not see begin', () => {
    expect(reduce(EVENTS[0]!, { type: 'fetchSuccess' })).toMatchObject({ asOf: { 't/patients': at(5) }, news: 3 })
    expect(reduce(EVENTS[0]!, { type: 'fetchSuccess' }, { type: 'fetchSuccess' })).toMatchObject({
      asOf: undefined,
      news: 0,
    })
  })

  it('[INV11] is interrupted when the first load was cancelled, until the next fetch', () => {
    expect(reduceFreshness(IN_PHASE.interrupted, { type: 'fetchSuccess' }).phase).toBe('interrupted')
    expect(reduceFreshness(IN_PHASE.interrupted, EVENTS[0]!).phase).toBe('fetching')
    expect(reduce(EVENTS[0]!, { type: 'written', hasData: true }).phase).toBe('settled')
  })

  it('[INV4] counts answers that were too old and errors as setbacks, until one is new enough', () => {
    const tooOld = new FetchAttempt(
      { minAsOf: { 't/patients': at(6) }, news: 0, invalidations: 0, session: 1 },
      { 't/patients': at(5) },
    )
    const once = reduce({ type: 'fetchStart', attempt: tooOld }, { type: 'fetchSuccess' })
    const twice = reduceFreshness(once, { type: 'fetchError', hasData: true })
    expect([once.setbacks, twice.setbacks]).toEqual([1, 2])
    const well = [EVENTS[0]!, { type: 'fetchSuccess' } as const].reduce(reduceFreshness, twice)
    expect(well).toMatchObject({ setbacks: 0, isFailing: false })
  })
})
