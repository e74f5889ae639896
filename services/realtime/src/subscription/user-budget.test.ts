import { describe, expect, it } from 'vitest'
import { TokenBucket } from '../connection/token-bucket.ts'
import { UserBudget } from './user-budget.ts'

const MOST = 100

function setUp(burst = 250) {
  const time = { now: 0 }
  const bucket = () => new TokenBucket(burst, 10, () => time.now)
  return { time, budget: new UserBudget(bucket(), bucket(), () => time.now) }
}

describe('[SES30] what a user’s reads may cost', () => {
  it('is reserved for each: those beyond it wait for what the others give back, and honest ones are all served', async () => {
    const { budget } = setUp()
    const most = { underWay: 0, seen: 0 }
    const read = async () => {
      if (!(await budget.reserve(MOST))) return false
      most.seen = Math.max(most.seen, ++most.underWay)
      await new Promise((resolve) => setImmediate(resolve))
      most.underWay--
      budget.settle(MOST, 1)
      return true
    }
    const served = await Promise.all(Array.from({ length: 100 }, read))
    expect(served.every(Boolean)).toBe(true)
    expect(most.seen).toBe(2)
  })

  it('is spent by what was read: the next ones go without, until it has grown again', async () => {
    const { budget, time } = setUp()
    for (const isServed of [true, true, false, false]) {
      expect(await budget.reserve(MOST)).toBe(isServed)
      if (isServed) budget.settle(MOST, MOST)
    }
    time.now += 5_000
    expect(await budget.reserve(MOST)).toBe(true)
    expect(budget.isFull).toBe(false)
    budget.settle(MOST, 0)
    time.now += 60_000
    expect(budget.isFull).toBe(true)
  })

  it('is told in order to those who wait, and nobody waits for longer than two seconds', async () => {
    const { budget, time } = setUp(100)
    const told: string[] = []
    const ask = (name: string) => void budget.reserve(MOST).then((isServed) => told.push(`${name} ${isServed}`))
    for (const name of ['ann', 'bob', 'cid']) ask(name)
    await Promise.resolve()
    expect(told).toEqual(['ann true'])
    time.now += 1_000
    budget.settle(MOST, 0)
    await Promise.resolve()
    expect(told).toEqual(['ann true', 'bob true'])
    time.now += 1_001
    budget.settle(MOST, 0)
    await Promise.resolve()
    expect(told).toEqual(['ann true', 'bob true', 'cid false'])
  })
})
