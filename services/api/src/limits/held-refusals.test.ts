import { describe, expect, it } from 'vitest'
import { CodedError } from '@derm/contract'
import { createHeldRefusals } from './held-refusals.ts'

const MOST = 1_000
const refuse = () => Promise.reject(new CodedError('rate_limited', { retryAfter: 1 }))
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Pauses that end when the test says so. */
function createPauses() {
  const pauses: { ms: number; end: () => void }[] = []
  const pause = (ms: number) => new Promise<void>((end) => pauses.push({ ms, end }))
  return { pauses, held: createHeldRefusals(pause) }
}

describe('[SEC34] a refusal for too many requests', () => {
  it('comes after its pause, which is drawn for each', async () => {
    const { pauses, held } = createPauses()
    const outcomes: string[] = []
    const all = Array.from({ length: 50 }, () => held.run(refuse).catch(({ code }: CodedError) => outcomes.push(code)))
    await settle()
    expect(outcomes).toEqual([])
    expect(pauses.every(({ ms }) => ms >= 500 && ms <= 1_500)).toBe(true)
    expect(new Set(pauses.map(({ ms }) => ms)).size).toBeGreaterThan(25)
    for (const { end } of pauses) end()
    await Promise.all(all)
    expect(outcomes).toEqual(Array(50).fill('rate_limited'))
  })

  it('comes at once where too many are held, and is held again when they have ended', async () => {
    const { pauses, held } = createPauses()
    const all = Array.from({ length: MOST }, () => held.run(refuse).catch(() => {}))
    await settle()
    await expect(held.run(refuse)).rejects.toMatchObject({ code: 'rate_limited' })
    for (const { end } of pauses) end()
    await Promise.all(all)
    void held.run(refuse).catch(() => {})
    await settle()
    expect(pauses).toHaveLength(MOST + 1)
  })

  it('is the only thing that is held', async () => {
    const { pauses, held } = createPauses()
    await expect(held.run(() => 7)).resolves.toBe(7)
    await expect(held.run(() => Promise.reject(new CodedError('unavailable')))).rejects.toMatchObject({
      code: 'unavailable',
    })
    await expect(held.run(() => Promise.reject(new Error('the database is away')))).rejects.toThrow('away')
    expect(pauses).toEqual([])
  })
})
