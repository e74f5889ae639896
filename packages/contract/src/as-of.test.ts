import { describe, expect, it } from 'vitest'
import { formatPositions, oldestPositions, parsePositions } from './as-of.ts'
import { comparePositions, covers } from './position.ts'

const early = '0199f0000000aaaa'
const late = '0199f0000001aaaa'

describe('[INV1] As-Of', () => {
  it('comes back from its header as it was', () => {
    const positions = {
      't/patients': { epoch: late, seq: 0 },
      'l:x/scheduling': { epoch: early, seq: 999_999_999_999_999 },
    }
    expect(parsePositions(formatPositions(positions))).toEqual(positions)
    expect(parsePositions('')).toEqual({})
  })

  it.each([
    ['in another order', `"t/patients";seq=4;epoch="${late}"`],
    ['with spaces after a semicolon', `  "t/patients";  epoch="${late}"; seq=4 \t`],
    ['with tabs around a comma', `"t/patients";epoch="${late}";seq=4\t,\t"l:x/scheduling";epoch="${late}";seq=4`],
    ['with parameters of a later version', `"t/patients";shard=a*b;epoch="${late}";lagging;at=@1;seq=4;rate=1.5`],
    ['with a parameter that is set again', `"t/patients";seq=3;epoch="${late}";seq=4`],
    ['with an escaped parameter of a later version', `"t/patients";why="a \\"quoted\\" , word";epoch="${late}";seq=4`],
  ])('is read %s', (_, header) => {
    expect(parsePositions(header)).toMatchObject({ 't/patients': { epoch: late, seq: 4 } })
  })

  it.each([
    ['a part that is no position', `"t/patients";epoch="${late}";seq=1, nonsense`],
    ['a negative seq', `"t/patients";epoch="${late}";seq=-1`],
    ['a seq that a number cannot hold', `"t/patients";epoch="${late}";seq=9007199254740993`],
    ['a seq of sixteen digits, which no integer of the RFC has', `"t/patients";epoch="${late}";seq=1000000000000000`],
    ['a seq that is no integer', `"t/patients";epoch="${late}";seq=1.0`],
    ['a seq that is a string', `"t/patients";epoch="${late}";seq="1"`],
    ['an epoch that is a token', `"t/patients";epoch=a${late.slice(1)};seq=1`],
    ['a missing seq', `"t/patients";epoch="${late}"`],
    ['a channel without a scope', `"patients";epoch="${late}";seq=1`],
    ['a channel that an object has of itself', `"__proto__";epoch="${late}";seq=1`],
    ['a channel twice', `"t/patients";epoch="${late}";seq=1, "t/patients";epoch="${late}";seq=2`],
    ['a comma at its end', `"t/patients";epoch="${late}";seq=1,`],
    ['a space before a semicolon', `"t/patients" ;epoch="${late}";seq=1`],
    ['a part cut off', `"t/patients";epoch="${late}";seq=1, "l:x/sched`],
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
