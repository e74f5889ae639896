import { Token, parseList, serializeList, type BareItem } from 'structured-headers'
import { describe, expect, it } from 'vitest'
import { formatPositions, parsePositions } from './as-of.ts'
import { parseStringList, type StringItem } from './string-list.ts'

/** What the reference makes of a header, in our form: `null` for what it refuses and for members that are no strings. */
function parseByReference(text: string): StringItem[] | null {
  try {
    return parseList(text).map(([value, parameters]) => {
      if (typeof value !== 'string') throw new Error('another type')
      return { value, parameters: new Map([...parameters].map(([key, one]) => [key, toOurs(one)])) }
    })
  } catch {
    return null
  }
}
const toOurs = (value: BareItem) => (typeof value === 'string' || typeof value === 'number' ? value : null)

/** The reference makes the same number of `1.0` and of `1`: in a text with a decimal, numbers are not compared. */
function expectSame(text: string): StringItem[] | null {
  // The reference (2.1) refuses a date as soon as anything follows it, which the RFC allows; as-of.test.ts has that case.
  if (text.includes('=@')) return null
  const expected = parseByReference(text)
  const toComparable = (items: StringItem[] | null) =>
    JSON.stringify(items, (_, value: unknown) => {
      if (value instanceof Map) return [...value]
      return typeof value === 'number' && /=-?\d+\.\d/.test(text) ? null : value
    })
  const [ours, theirs] = [toComparable(parseStringList(text)), toComparable(expected)]
  // `expect` for each of so many headers would take longer than reading them.
  if (ours !== theirs) expect([text, ours]).toEqual([text, theirs])
  return expected
}

/** A small generator with a seed, so that a failure can be repeated. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const PIECES = [
  ...[
    '"t/patients"',
    '"l:x/scheduling"',
    '""',
    '"a\\"b"',
    '"a\\\\"',
    '"a\\b"',
    '"é"',
    '"a',
    'token',
    '(1 2)',
    '?1',
    '7',
  ],
  ...[';epoch="0199f0000000aaaa"', ';seq=17', ';seq=-1', ';seq=999999999999999', ';seq=1000000000000000', ';seq=1.5'],
  ...[';seq=1.', ';seq=.5', ';seq=1.2345', ';seq=1234567890123.1', ';seq=', ';seq', ';Seq=1', '; seq=1', ';\tseq=1'],
  ...[' ;seq=1', ';*a=1', ';a.b-c_d=1', ';9=1', ';', ';a=token', ';a=*t/k:n', ';a=?0', ';a=?2', ';a=@-5'],
  ...[';a=:aGk=:', ';a=:aGk:', ';a=:a:', ';a=:a%:', ';a=::', ';a=%"f%c3%bc"', ';a=%"%ff"', ';a=%"%C3"', ';a=%"a'],
  ...[', ', ',', ' ,', '\t,\t', ',,', ' ', '\t', '  ', '', '\n', '=', '"', '\\'],
]

describe('a list of strings is read as structured-headers reads it', () => {
  it('in every pair and triple of pieces around a whole header', () => {
    const whole = '"t/patients";epoch="0199f0000000aaaa"'
    for (const one of PIECES)
      for (const other of PIECES)
        for (const text of [one + other, whole + one + other, one + whole + other, `${whole}${one}, ${whole}${other}`])
          expectSame(text)
  })

  it('in random sequences of pieces, and with characters lost, doubled and changed', () => {
    const random = createRandom(20_261_125)
    let accepted = 0
    for (let i = 0; i < 20_000; i++) {
      let text = i % 8 < 6 ? '"t/patients"' : ''
      text += Array.from({ length: 1 + random(5) }, () => PIECES[random(PIECES.length)]).join('')
      if (i % 2) {
        const at = random(text.length + 1)
        text = text.slice(0, at) + String.fromCharCode(random(127)) + text.slice(at + random(3))
      }
      if (expectSame(text)?.length) accepted++
    }
    expect(accepted).toBeGreaterThan(500)
  })
})

describe('[INV1] positions', () => {
  const positions = {
    't/patients': { epoch: '0199f0000000aaaa', seq: 4 },
    'l:x/scheduling': { epoch: 'f'.repeat(16), seq: 0 },
  }

  it('are written as structured-headers reads them, and read as it writes them', () => {
    const read = parseList(formatPositions(positions)).map(([key, parameters]) => [key, Object.fromEntries(parameters)])
    expect(Object.fromEntries(read)).toEqual(positions)
    const written = serializeList(
      Object.entries(positions).map(([key, { epoch, seq }]) => [
        key,
        new Map<string, BareItem>([
          ['seq', seq],
          ['of', new Token('later')],
          ['epoch', epoch],
        ]),
      ]),
    )
    expect(parsePositions(written)).toEqual(positions)
  })

  it('never come from half a header: cut anywhere, it is whole up to a comma or nothing', () => {
    const header = formatPositions({ ...positions, 'u:y/inbox': { epoch: '0'.repeat(16), seq: 123 } })
    for (let end = 1; end < header.length; end++) {
      const read = parsePositions(header.slice(0, end))
      // A cut number or a cut list still is a header; a cut name, epoch or parameter is none.
      if (read) expect(header.slice(0, end)).toMatch(/;seq=\d+$/)
    }
  })
})
