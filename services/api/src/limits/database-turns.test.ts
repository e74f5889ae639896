import { describe, expect, it } from 'vitest'
import { NOT_KNOWN, createDatabaseTurns, type Turn } from './database-turns.ts'

/** Transactions that run until `end`, and how each of them went. */
function setUp() {
  const turns = createDatabaseTurns(8)
  let end = () => {}
  const ended = new Promise<void>((resolve) => (end = resolve))
  const run = (turn: Turn) =>
    turns
      .run(turn, () => ended)
      .then(
        () => 'done',
        (error: unknown) => (error as { code?: string }).code ?? 'another error',
      )
  const runMany = (count: number, turn: (n: number) => Turn) => Array.from({ length: count }, (_, n) => run(turn(n)))
  return { run, runMany, end }
}
const countOf = (outcomes: readonly string[], outcome: string) => outcomes.filter((one) => one === outcome).length
const stranger = (neighbourhood: string, network: number): Turn => ({
  tenant: NOT_KNOWN,
  user: `${neighbourhood} ${network}`,
  neighbourhood,
})

describe('turns before the database', () => {
  it('[SEC43] the networks of one /48 have so many transactions under way together, and again when those have ended', async () => {
    const { run, runMany, end } = setUp()
    const flood = runMany(700, (n) => stranger('flood', n))
    const other = run(stranger('other', 1))
    end()
    const outcomes = await Promise.all(flood)
    expect([countOf(outcomes, 'done'), countOf(outcomes, 'rate_limited')]).toEqual([600, 100])
    expect(await other).toBe('done')
    expect(await run(stranger('flood', 1))).toBe('done')
  })

  it('[SEC35] a tenant whose users fill the queue keeps nobody else out of it', async () => {
    const { run, runMany, end } = setUp()
    const flood = runMany(2_100, (n) => ({ tenant: 'flood', user: `u${n % 10}` }))
    const other = run({ tenant: 'other', user: 'u' })
    end()
    expect(await other).toBe('done')
    expect(countOf(await Promise.all(flood), 'unavailable')).toBeGreaterThan(90)
  })

  it('[SEC43] networks that fill the queue for who is not known keep no other network out of it', async () => {
    const { run, runMany, end } = setUp()
    const flood = runMany(2_100, (n) => stranger(`flood ${n % 8}`, 1))
    const other = run(stranger('other', 1))
    end()
    expect(await other).toBe('done')
    expect(countOf(await Promise.all(flood), 'unavailable')).toBeGreaterThan(90)
  })
})
