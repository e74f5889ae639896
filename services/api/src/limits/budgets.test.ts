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
