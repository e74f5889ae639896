import { describe, expect, it } from 'vitest'
import { createFairQueue } from './fair-queue.ts'

const createQueue = (running = { total: 1, group: 1, member: 1 }, waiting = { total: 100, member: 100 }) =>
  createFairQueue({ running, waiting })
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Lets each name in when its turn comes, and notes the order; each leaves at once. */
async function runAll(queue: ReturnType<typeof createFairQueue>, names: readonly (readonly [string, string])[]) {
  const order: string[] = []
  const hold = await queue.enter('first', 'first')
  const all = names.map(async ([group, member], index) => {
    const leave = await queue.enter(group, member)
    order.push(`${group}${member}${index}`)
    leave()
  })
  hold()
  await Promise.all(all)
  return order
}

describe('[SEC35] a fair queue', () => {
  it('lets groups take turns, and members within a group: who asks for much waits behind their own requests', async () => {
    const flood = Array.from({ length: 5 }, () => ['a', 'x'] as const)
    expect(await runAll(createQueue(), [...flood, ['a', 'y'], ['b', 'z'], ['b', 'z']])).toEqual([
      'ax0',
      'bz6',
      'ay5',
      'bz7',
      'ax1',
      'ax2',
      'ax3',
      'ax4',
    ])
  })

  it('holds a member, a group and all together to what may run at a time', async () => {
    const queue = createQueue({ total: 4, group: 3, member: 2 })
    const entered: string[] = []
    const enter = (group: string, member: string) =>
      queue.enter(group, member).then((leave) => (entered.push(`${group}${member}`), leave))
    const first = enter('a', 'x')
    for (const member of ['x', 'x', 'y', 'y']) void enter('a', member)
    for (const _ of [0, 1]) void enter('b', 'z')
    await settle()
    expect(entered).toEqual(['ax', 'ax', 'ay', 'bz'])
    ;(await first)()
    await settle()
    expect(entered.slice(4)).toEqual(['ax'])
    expect(queue.waiting).toBe(2)
  })

  it('gives a group that is named another number than the others', async () => {
    const queue = createFairQueue({
      running: { total: 5, group: 3, member: 3, groups: { few: 1 } },
      waiting: { total: 9, member: 9 },
    })
    const entered: string[] = []
    for (const group of ['few', 'few', 'a', 'a', 'a']) void queue.enter(group, 'x').then(() => entered.push(group))
    await settle()
    expect(entered.toSorted()).toEqual(['a', 'a', 'a', 'few'])
  })

  it('refuses a member who has too much waiting, and where all together have, whose group has no less than others', async () => {
    const queue = createQueue(undefined, { total: 3, member: 2 })
    await queue.enter('a', 'x')
    void queue.enter('a', 'x')
    void queue.enter('a', 'x')
    await expect(queue.enter('a', 'x')).rejects.toMatchObject({ code: 'rate_limited', details: { retryAfter: 1 } })
    void queue.enter('b', 'y')
    await expect(queue.enter('b', 'z')).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('is filled by no group against another: the one that has most loses its newest', async () => {
    const queue = createQueue(undefined, { total: 4, member: 3 })
    const leave = await queue.enter('flood', 'x')
    const outcomes: string[] = []
    const enter = (group: string, member: string) =>
      queue.enter(group, member).then(
        (leaveAgain) => (outcomes.push(`${group} in`), leaveAgain()),
        () => outcomes.push(`${group} refused`),
      )
    const flood = ['x', 'x', 'x', 'y'].map((member) => enter('flood', member))
    const others = [enter('a', 'z'), enter('b', 'z')]
    await settle()
    expect(outcomes).toEqual(['flood refused', 'flood refused'])
    expect(queue.waiting).toBe(4)
    leave()
    await Promise.all([...flood, ...others])
    expect(outcomes.slice(2).toSorted()).toEqual(['a in', 'b in', 'flood in', 'flood in'])
  })

  it('[SEC43] is filled by no member against another of its group: the one that has most loses its newest', async () => {
    const queue = createQueue(undefined, { total: 4, member: 4 })
    const leave = await queue.enter('unknown', 'flood')
    const outcomes: string[] = []
    const enter = (member: string) =>
      queue.enter('unknown', member).then(
        (leaveAgain) => (outcomes.push(`${member} in`), leaveAgain()),
        () => outcomes.push(`${member} refused`),
      )
    const all = ['flood', 'flood', 'flood', 'flood', 'a', 'b', 'c', 'd'].map(enter)
    await settle()
    expect(outcomes).toEqual(['flood refused', 'flood refused', 'flood refused', 'd refused'])
    leave()
    await Promise.all(all)
    expect(outcomes.slice(4).toSorted()).toEqual(['a in', 'b in', 'c in', 'flood in'])
  })

  it('forgets whoever has left, before their turn and after it, and gives a place back once', async () => {
    const queue = createQueue()
    const leave = await queue.enter('a', 'x')
    const gone = new AbortController()
    const left = queue.enter('b', 'y', gone.signal)
    const next = queue.enter('b', 'z')
    gone.abort()
    await expect(left).rejects.toMatchObject({ code: 'unavailable' })
    leave()
    leave()
    const leaveNext = await next
    const last = queue.enter('a', 'x')
    await settle()
    expect(queue.waiting).toBe(1)
    leaveNext()
    ;(await last)()
    expect(queue.waiting).toBe(0)
    await expect(queue.enter('c', 'c', AbortSignal.abort())).rejects.toMatchObject({ code: 'unavailable' })
  })
})
