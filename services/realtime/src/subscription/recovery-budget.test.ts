import type { ChannelName, UserId } from '@derm/contract'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RecoveryBudget } from './recovery-budget.ts'
import { UserBudgets } from './user-budgets.ts'

const [ann, bob] = ['ann', 'bob'] as UserId[] as [UserId, UserId]
const MOST = 100
const wanted = [{ channel: 'x' as ChannelName, cursor: { epoch: '0000000000010000', seq: 1 } }]
const isServed = (budget: RecoveryBudget) => budget.apply(wanted).every(({ isOverBudget }) => !isOverBudget)

describe('[SES24] a user’s budget', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const setUp = () => {
    const budgets = new UserBudgets({ burst: 250, rate: 10 })
    return { budgets, of: (user = ann) => new RecoveryBudget(budgets.of(user), MOST) }
  }

  it('is reserved before anything is read: requests at once are served so far, and the others go without', () => {
    const { of } = setUp()
    expect(Array.from({ length: 5 }, () => isServed(of()))).toEqual([true, true, false, false, false])
    expect(isServed(of(bob))).toBe(true)
  })

  it('counts what was answered, and gives the rest back, also after a failure', () => {
    const { of } = setUp()
    for (let i = 0; i < 20; i++) {
      const budget = of()
      expect(isServed(budget)).toBe(true)
      if (i === 3) budget.spend(60)
      budget.end()
      budget.end()
    }
    const [first, second] = [of(), of()]
    expect([isServed(first), isServed(second)]).toEqual([true, false])
  })

  it('that is overdrawn makes the next request wait for it, five seconds at most', async () => {
    const { of } = setUp()
    of().spend(260)
    let isSettled = false
    void of()
      .settle()
      .then(() => (isSettled = true))
    await vi.advanceTimersByTimeAsync(900)
    expect(isSettled).toBe(false)
    await vi.advanceTimersByTimeAsync(300)
    expect(isSettled).toBe(true)
    of().spend(10_000)
    isSettled = false
    void of()
      .settle()
      .then(() => (isSettled = true))
    await vi.advanceTimersByTimeAsync(5_200)
    expect(isSettled).toBe(true)
  })

  it('costs nothing to who asks for no recovery, and is forgotten when it is full again', () => {
    const { of, budgets } = setUp()
    of().spend(250)
    expect(of().apply([{ channel: 'x' as ChannelName, cursor: undefined }])).not.toContainEqual(
      expect.objectContaining({ isOverBudget: true }),
    )
    vi.advanceTimersByTime(61_000)
    budgets.of(bob)
    expect(budgets.size).toBe(1)
  })
})
