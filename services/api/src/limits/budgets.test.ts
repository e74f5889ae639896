import { describe, expect, it } from 'vitest'
import { createBudgets } from './budgets.ts'

function setUp() {
  let clock = 0
  const budgets = createBudgets({
    user: { perSecond: 10, burst: 20 },
    tenant: { perSecond: 20, burst: 30 },
    now: () => clock,
  })
  return { budgets, pass: (ms: number) => (clock += ms) }
}
const refused = (retryAfter: number) => expect.objectContaining({ code: 'rate_limited', details: { retryAfter } })

describe('[SEC34] budgets', () => {
  it('a user spends what was saved up, then what comes back; the refusal says when', () => {
    const { budgets, pass } = setUp()
    budgets.spend('t', 'u', 20)
    expect(() => budgets.spend('t', 'u', 1)).toThrow(refused(1))
    expect(() => budgets.spend('t', 'u', 20)).toThrow(refused(2))
    pass(1_000)
    budgets.spend('t', 'u', 10)
    expect(() => budgets.spend('t', 'u', 1)).toThrow(refused(1))
  })

  it('a tenant’s users share its budget, and no other tenant feels it', () => {
    const { budgets } = setUp()
    budgets.spend('t', 'u', 20)
    budgets.spend('t', 'v', 10)
    expect(() => budgets.spend('t', 'w', 1)).toThrow(refused(1))
    budgets.spend('other', 'w', 20)
  })

  it('a refusal takes from neither', () => {
    const { budgets } = setUp()
    budgets.spend('t', 'u', 20)
    for (let n = 0; n < 10; n++) expect(() => budgets.spend('t', 'u', 5)).toThrow()
    budgets.spend('t', 'v', 10)
  })

  it('what is given back can be spent again, up to the burst; a clock that is set back gives nothing', () => {
    const { budgets, pass } = setUp()
    budgets.spend('t', 'u', 20)
    budgets.giveBack('t', 'u', 100)
    budgets.spend('t', 'u', 20)
    pass(-60_000)
    expect(() => budgets.spend('t', 'u', 1)).toThrow(refused(1))
  })
})

describe('[SEC42] what budgets remember', () => {
  const MANY = 6_000
  const spendMany = ({ budgets }: ReturnType<typeof setUp>, from: number, count: number) => {
    for (let n = from; n < from + count; n++) budgets.spend(`t${n}`, 'u', 1)
  }

  it('whoever has spent is not forgotten within a minute, however many others ask', () => {
    const set = setUp()
    set.budgets.spend('debtor', 'u', 20)
    spendMany(set, 0, MANY)
    expect(() => set.budgets.spend('debtor', 'u', 1)).toThrow(refused(1))
    expect(set.budgets.size).toBe(2 * (MANY + 1))
  })

  it('who has asked for nothing for a minute is forgotten, and is full again', () => {
    const set = setUp()
    spendMany(set, 0, MANY)
    set.pass(61_000)
    set.budgets.spend('late', 'u', 1)
    expect(set.budgets.size).toBe(2)
    set.budgets.spend('t0', 'u', 20)
  })

  it('is bounded: of too many, those that have asked for nothing for longest go', () => {
    const set = setUp()
    set.budgets.spend('oldest', 'u', 20)
    set.budgets.spend('asks', 'u', 20)
    spendMany(set, 0, 24_000)
    expect(() => set.budgets.spend('asks', 'u', 20)).toThrow()
    spendMany(set, 24_000, 6_000)
    expect(set.budgets.size).toBeLessThanOrEqual(50_002)
    expect(() => set.budgets.spend('asks', 'u', 20)).toThrow()
    set.budgets.spend('oldest', 'u', 20)
  })
})
