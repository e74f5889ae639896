import { describe, expect, it } from 'vitest'
import { runSeed } from './run-seed.ts'

describe('the promise, in worlds that go wrong', () => {
  for (let seed = 1; seed <= 80; seed++)
    it(`holds in the world of seed ${seed}`, async () => {
      const { faults, moves, needlessResyncs } = await runSeed(seed)
      expect(faults, moves.join('\n')).toEqual([])
      expect(needlessResyncs, moves.join('\n')).toBe(0)
    })
})
