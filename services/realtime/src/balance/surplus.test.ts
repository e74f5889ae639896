import { describe, expect, it } from 'vitest'
import { NodeLoads } from './node-loads.ts'
import { Surplus, type SurplusOptions } from './surplus.ts'

const OPTIONS: SurplusOptions = { percent: 1, maxPerSecond: 100, settleMs: 20_000 }

/** Nodes that look once a second; who is sent away comes to a node by a front door that gives each its turn, also the one left. */
function run(counts: number[], seconds: number, options: Partial<SurplusOptions> = {}) {
  const nodes = counts.map((own) => ({ own, surplus: new Surplus({ ...OPTIONS, ...options }) }))
  let turn = 0
  let most = 0
  let moved = 0
  for (let second = 0; second < seconds; second++)
    for (const node of nodes) {
      const others = nodes.filter((one) => one !== node).map(({ own }) => own)
      const count = node.surplus.take({ own: node.own, others, settledMs: second * 1_000, seconds: 1 })
      most = Math.max(most, count / Math.max(1, node.own))
      moved += count
      node.own -= count
      for (let i = 0; i < count; i++) nodes[turn++ % nodes.length]!.own++
    }
  return { counts: nodes.map(({ own }) => own), most, moved }
}

describe('[SES38] nodes with more than the others', () => {
  it.each([[[1_000, 0, 0]], [[3_000, 10, 0]], [[20_000, 0, 0, 0, 0]], [[60, 0, 0]]])(
    '%j are within a fifth of the mean after five minutes, some few at a time',
    (counts) => {
      const { counts: after, most, moved } = run(counts, 300)
      const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
      for (const count of after) expect(Math.abs(count - mean)).toBeLessThanOrEqual(Math.max(mean * 0.2, 6))
      expect(most).toBeLessThanOrEqual(Math.max(0.0101, 2.1 / mean))
      expect(moved).toBeLessThan(2 * counts[0]!)
    },
  )

  it.each<[string, number[], Partial<SurplusOptions>]>([
    ['are near the mean', [110, 100, 95], {}],
    ['have some few more, of few', [6, 2, 1], {}],
    ['are alone', [500], {}],
    ['were told not to', [500, 0], { percent: 0 }],
    ['have not been the same for long', [500, 0], { settleMs: 1e9 }],
  ])('send nobody away that %s', (_why, counts, options) => {
    expect(run(counts, 300, options).counts).toEqual(counts)
  })
})

it('[SES38] a node that had nobody for long, and then all, sends them away as any other', () => {
  const surplus = new Surplus(OPTIONS)
  for (let second = 0; second < 100; second++) surplus.take({ own: 0, others: [0], settledMs: 1e9, seconds: 1 })
  let moved = 0
  for (let second = 0; second < 10; second++)
    moved += surplus.take({ own: 1_000, others: [0], settledMs: 1e9, seconds: 1 })
  expect(moved).toBe(100)
})

describe('[SES39] a number that is not true', () => {
  it.each([[[0]], [[0, 0, 0, 0]]])('others with %j, for ever: twice the connections in an hour at most', (others) => {
    const surplus = new Surplus(OPTIONS)
    const hours = [0, 0, 0]
    for (let second = 0; second < 3 * 3_600; second++)
      hours[Math.floor(second / 3_600)]! += surplus.take({ own: 1_000, others, settledMs: 1e9, seconds: 1 })
    // What a long peace has saved up may go in the first one.
    expect(hours[0]).toBeLessThanOrEqual(4_000)
    expect(hours[1]).toBeLessThanOrEqual(2_001)
    expect(hours[2]).toBeLessThanOrEqual(2_001)
  })

  it('never more in a second than the setting, also after a second that took long', () => {
    const surplus = new Surplus({ ...OPTIONS, percent: 10, maxPerSecond: 5 })
    surplus.take({ own: 1_000, others: [0], settledMs: 1e9, seconds: 1 })
    expect(surplus.take({ own: 1_000, others: [0], settledMs: 1e9, seconds: 60 })).toBe(5)
  })
})

describe('what nodes tell each other', () => {
  function setUp() {
    let now = 0
    let hear: (...given: unknown[]) => void = () => {}
    const told: unknown[][] = []
    const peers = {
      on: (_name: string, listener: typeof hear) => (hear = listener),
      serverSideEmit: (...given: unknown[]) => told.push(given),
    }
    const loads = new NodeLoads(
      peers,
      'own',
      () => ({ connections: 7, isOpen: true }),
      () => now,
    )
    return { loads, told, hear: (...given: unknown[]) => hear(...given), pass: (ms: number) => (now += ms) }
  }

  it('[OPS31] counts by what each process has drawn, not by names', () => {
    const { loads, told, hear } = setUp()
    loads.tell()
    expect(told).toEqual([['node:load', 'own', { connections: 7, isOpen: true }]])
    hear('one', { connections: 3, isOpen: true })
    hear('two', { connections: 5, isOpen: true })
    hear('one', { connections: 4, isOpen: true })
    hear('own', { connections: 9, isOpen: true })
    expect(loads.open()).toEqual([4, 5])
  })

  it('forgets who is silent, and those that end take nobody', () => {
    const { loads, hear, pass } = setUp()
    hear('one', { connections: 3, isOpen: true })
    hear('two', { connections: 5, isOpen: false })
    expect(loads.open()).toEqual([3])
    pass(30_000)
    expect(loads.open()).toEqual([])
    expect(loads.settledMs()).toBe(0)
  })

  it.each([
    [[]],
    [['x']],
    [['x', 7]],
    [['x', { connections: -1, isOpen: true }]],
    [['x', { connections: 1e12, isOpen: true }]],
    [['x'.repeat(100), { connections: 1, isOpen: true }]],
    [[{}, { connections: 1, isOpen: true }]],
  ])('takes no notice of %j', (given) => {
    const { loads, hear, pass } = setUp()
    pass(1_000)
    hear(...given)
    expect(loads.open()).toEqual([])
    expect(loads.settledMs()).toBe(1_000)
  })
})
