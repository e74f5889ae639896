import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ROOT } from '@derm/local-servers'
import { expect, it } from 'vitest'
import { readFigures } from './figures.ts'
import { nodesThatHear, planCapacity, type Demand } from './plan-capacity.ts'

const { figures } = readFigures()
const SMALL: Demand = {
  locations: 40,
  staff: 600,
  eventsPerSecond: 15,
  socketsPerStaff: 1,
  audience: 15,
  readsPerDelivery: 0.3,
  channelsPerLocation: 4,
  returnSeconds: 10,
}

it('[OPS44] every figure of the plan was measured', () => {
  for (const [name, value] of Object.entries(figures)) expect([name, value > 0]).toEqual([name, true])
})

it('[OPS44] what a plan names is enough for the demand, with one process more than needed', () => {
  for (const factor of [1, 10, 100]) {
    const demand = { ...SMALL, staff: SMALL.staff * factor, eventsPerSecond: SMALL.eventsPerSecond * factor }
    const { nodes, nodeCores, pods, apiCores, sockets } = planCapacity(demand, figures)
    expect(nodeCores / (nodes - 1)).toBeLessThanOrEqual(0.5)
    expect(apiCores / (pods - 1)).toBeLessThanOrEqual(0.5)
    expect(sockets / (nodes - 1)).toBeLessThanOrEqual(16_000)
  }
})

it('[OPS44] more of anything never needs less', () => {
  const base = planCapacity(SMALL, figures)
  for (const more of [{ staff: 60_000 }, { eventsPerSecond: 1500 }, { audience: 1500 }, { readsPerDelivery: 3 }]) {
    const plan = planCapacity({ ...SMALL, ...more }, figures)
    expect(plan.nodes).toBeGreaterThanOrEqual(base.nodes)
    expect(plan.pods).toBeGreaterThanOrEqual(base.pods)
    expect(plan.postgresCores).toBeGreaterThanOrEqual(base.postgresCores)
  }
})

it('an event is heard by no more nodes than there are, nor than it has listeners', () => {
  expect(nodesThatHear(1, 50)).toBe(1)
  expect(nodesThatHear(10, 1)).toBeCloseTo(1)
  expect(nodesThatHear(10, 1000)).toBeCloseTo(10)
})

it('[OPS44] the command prints the plan, and says which number is missing', async () => {
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', 'packages/bench/src/capacity/main.ts', ...args], {
      cwd: ROOT,
    })
  const { stdout } = await run('--locations', '40', '--staff', '600', '--events-per-minute', '900')
  expect(stdout).toMatch(/^600 sockets, 15 events\/s, 225 deliveries\/s[^]*realtime nodes {2}2 [^]*What binds first/)
  await expect(run('--locations', '40', '--staff', 'many', '--events-per-minute', '900')).rejects.toMatchObject({
    code: 2,
    stderr: '--staff takes a number above 0\n',
  })
})
