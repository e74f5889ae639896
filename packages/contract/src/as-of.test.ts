import { describe, expect, it } from 'vitest'
import { formatPositions, oldestPositions, parsePositions } from './as-of.ts'
import { comparePositions, covers } from './position.ts'

const early = '0199f0000000aaaa'
const late = '0199f0000001aaaa'

describe('[INV1] As-Of', () => {
  it('comes back from its header as it was', () => {
    const positions = { 't/patients': { epoch: late, seq: 0 }, 'l:x/scheduling': { epoch: early, seq: 2 ** 53 - 1 } }
    expect(parsePositions(formatPositions(positions))).toEqual(positions)
    expect(parsePositions('')).toEqual({})
  })

  it.each([
    ['a part that is no position', `"t/patients";epoch="${late}";seq=1, nonsense`],
    ['a negative seq', `"t/patients";epoch="${late}";seq=-1`],
    ['a seq that a number cannot hold', `"t/patients";epoch="${late}";seq=9007199254740993`],
    ['a short epoch', `"t/patients";epoch="abc";seq=1`],
    ['an absent header', undefined],
  ])('is nothing at all with %s', (_, header) => {
    expect(parsePositions(header)).toBeNull()
  })

  it('keeps the oldest of two answers, and what only one of them is fed by', () => {
    expect(
      oldestPositions(
        { a: { epoch: early, seq: 9 }, b: { epoch: late, seq: 1 }, c: { epoch: early, seq: 1 } },
        { a: { epoch: early, seq: 7 }, b: { epoch: early, seq: 100 } },
      ),
    ).toEqual({ a: { epoch: early, seq: 7 }, b: { epoch: early, seq: 100 }, c: { epoch: early, seq: 1 } })
  })
})

describe('positions', () => {
  it('order by epoch before seq, and an unknown one covers nothing', () => {
    expect(comparePositions({ epoch: late, seq: 1 }, { epoch: early, seq: 99 })).toBeGreaterThan(0)
    expect(covers({ epoch: late, seq: 1 }, { epoch: early, seq: 99 })).toBe(true)
    expect(covers({ epoch: early, seq: 99 }, { epoch: late, seq: 1 })).toBe(false)
    expect(covers(undefined, { epoch: early, seq: 0 })).toBe(false)
  })
})
