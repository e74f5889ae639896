import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { FairTurns } from './fair-turns.ts'

let clock: ManualClock
afterEach(() => expect(clock.waiting).toBe(0))

function setUp(atOnce = 2) {
  clock = new ManualClock()
  const turns = new FairTurns(clock, atOnce, 5000)
  const begun: string[] = []
  const gates: (() => void)[] = []
  const run = (group: string, name = group) =>
    turns.run(group, async () => {
      begun.push(name)
      await new Promise<void>((resolve) => gates.push(resolve))
      return name
    })
  const endOne = async () => {
    gates.shift()?.()
    await clock.advance(0)
  }
  return { turns, begun, run, endOne }
}

describe('[SES24] turns', () => {
  it('are so many at once, and the others come after', async () => {
    const { begun, run, endOne } = setUp()
    const all = ['1', '2', '3'].map((name) => run('a', name))
    await clock.advance(0)
    expect(begun).toEqual(['1', '2'])
    for (let i = 0; i < 3; i++) await endOne()
    expect(await Promise.all(all)).toEqual(['1', '2', '3'])
  })

  it('go to one group after the other, however many one has waiting', async () => {
    const { begun, run, endOne } = setUp(1)
    void run('busy', 'busy 0')
    for (let i = 1; i <= 100; i++) void run('busy', `busy ${i}`)
    void run('quiet 1')
    void run('quiet 2')
    await clock.advance(0)
    for (let i = 0; i < 4; i++) await endOne()
    expect(begun.slice(0, 5)).toEqual(['busy 0', 'busy 1', 'quiet 1', 'quiet 2', 'busy 2'])
    for (let i = 0; i < 110; i++) await endOne()
    expect(begun).toHaveLength(103)
  })

  it('that come too late are not begun', async () => {
    const { begun, run, endOne } = setUp(1)
    const [first, late] = [run('a', 'first'), run('a', 'late')]
    await clock.advance(5001)
    const [inTime] = [run('a', 'in time')]
    await endOne()
    await endOne()
    expect(await Promise.all([first, late, inTime])).toEqual(['first', null, 'in time'])
    expect(begun).toEqual(['first', 'in time'])
    expect(await run2())
    async function run2() {
      const again = run('a', 'again')
      await clock.advance(0)
      await endOne()
      return (await again) === 'again'
    }
  })

  it('are free again after what has failed', async () => {
    const { turns, run, endOne } = setUp(1)
    await expect(turns.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    const next = run('b')
    await clock.advance(0)
    await endOne()
    expect(await next).toBe('b')
  })
})
