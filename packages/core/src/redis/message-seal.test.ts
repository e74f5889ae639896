import { describe, expect, it } from 'vitest'
import { createSigner } from '../event-log/signer.ts'
import { FRESH_MS, MAX_MESSAGE_BYTES, MessageSeal, SealCheck } from './message-seal.ts'

const old = { id: 'old-secr', secret: 'the old secret of thirty-two characters' }
const fresh = { id: 'new-secr', secret: 'the new secret of thirty-two characters' }
const signer = createSigner([old], 'adapter')
const NAME = 'derm:io#/#'
const PAYLOAD = Buffer.from('what an application says')

/** A sender and a reader, whose clocks differ by `skewMs`. */
function createPair({ skewMs = 0 } = {}) {
  const clock = { now: 1_800_000_000_000 }
  return {
    clock,
    seal: new MessageSeal(signer, () => clock.now + skewMs),
    check: new SealCheck(signer, () => clock.now),
  }
}

describe('[SEC25] a message between servers', () => {
  it('is opened once', () => {
    const { seal, check } = createPair()
    const [first, second] = [seal.seal(NAME, PAYLOAD), seal.seal(NAME, PAYLOAD)]
    expect(check.open(NAME, first)).toEqual(PAYLOAD)
    expect(check.open(NAME, second)).toEqual(PAYLOAD)
    for (const again of [first, second]) expect(check.open(NAME, again)).toBe('repeated')
  })

  it('is refused once any byte is another, or cut off, or under another name', () => {
    const { seal, check } = createPair()
    const bytes = seal.seal(NAME, PAYLOAD)
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes)
      changed[i]! ^= 1
      expect(['forged', 'malformed'], `byte ${i}`).toContain(check.open(NAME, changed))
      expect(['forged', 'malformed'], `cut at ${i}`).toContain(check.open(NAME, bytes.subarray(0, i)))
    }
    expect(check.open(`${NAME}room#`, bytes)).toBe('forged')
    expect(check.open(NAME, bytes)).toEqual(PAYLOAD)
  })

  it('of another secret, or for another purpose, is forged', () => {
    const { check } = createPair()
    for (const stranger of [
      createSigner([{ ...old, secret: fresh.secret }], 'adapter'),
      createSigner([old], 'event log'),
    ])
      expect(check.open(NAME, new MessageSeal(stranger).seal(NAME, PAYLOAD))).toBe('forged')
  })

  it('is stale after a while, to a reader that never saw it too', () => {
    const { clock, seal, check } = createPair()
    const bytes = seal.seal(NAME, PAYLOAD)
    clock.now += FRESH_MS + 1
    expect(check.open(NAME, bytes)).toBe('stale')
    expect(check.open(NAME, seal.seal(NAME, PAYLOAD))).toEqual(PAYLOAD)
  })

  it('[SEC46] is taken between servers whose clocks differ by two minutes, and not by three (it used to be half a minute)', () => {
    for (const [skewMs, taken] of [
      [-20_000, true],
      [20_000, true],
      [-120_000, true],
      [120_000, true],
      [-180_000, false],
      [180_000, false],
    ] as const) {
      const { clock, seal, check } = createPair({ skewMs })
      // The reader has been there for some time.
      clock.now += 240_000
      expect(check.open(NAME, seal.seal(NAME, PAYLOAD)), String(skewMs)).toEqual(taken ? PAYLOAD : 'stale')
    }
  })

  it('[SEC47] is not taken by a reader that began after it was sealed: the one before may have taken it', () => {
    const { clock, seal, check } = createPair()
    const bytes = seal.seal(NAME, PAYLOAD)
    expect(check.open(NAME, bytes)).toEqual(PAYLOAD)
    clock.now++
    const restarted = new SealCheck(signer, () => clock.now)
    expect(restarted.open(NAME, bytes)).toBe('stale')
    expect(restarted.open(NAME, seal.seal(NAME, PAYLOAD))).toEqual(PAYLOAD)
  })

  it('is never forgotten while it is fresh, however many senders there are', () => {
    const { clock, seal, check } = createPair()
    const bytes = seal.seal(NAME, PAYLOAD)
    check.open(NAME, bytes)
    for (let i = 0; i < 100; i++) {
      clock.now += FRESH_MS / 100
      check.open(NAME, new MessageSeal(signer, () => clock.now).seal(NAME, PAYLOAD))
      expect(['repeated', 'stale']).toContain(check.open(NAME, bytes))
    }
  })

  it('is as large as a writer may make it, and no larger', () => {
    const { seal, check } = createPair()
    const largest = Buffer.alloc(MAX_MESSAGE_BYTES)
    const opened = check.open(NAME, seal.seal(NAME, largest))
    expect(Buffer.isBuffer(opened) && opened.equals(largest)).toBe(true)
    expect(() => seal.seal(NAME, Buffer.alloc(MAX_MESSAGE_BYTES + 1))).toThrow('at most')
  })

  it('[SEC27] is opened across a change of the secret, and not after it', () => {
    const steps = [[old], [old, fresh], [fresh, old], [fresh]].map((secrets) => createSigner(secrets, 'adapter'))
    const opens = (i: number, j: number) =>
      typeof new SealCheck(steps[j]!).open(NAME, new MessageSeal(steps[i]!).seal(NAME, PAYLOAD)) !== 'string'
    for (let i = 0; i < steps.length; i++)
      for (const j of [i - 1, i, i + 1]) if (steps[j]) expect(opens(i, j), `${i} to ${j}`).toBe(true)
    expect([opens(0, 3), opens(3, 0)]).toEqual([false, false])
  })
})
