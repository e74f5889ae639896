import { ManualClock } from '@derm/core/testing'
import { describe, expect, it } from 'vitest'
import { createMetrics } from './metrics.ts'
import { createSharedClock } from './shared-clock.ts'
import { addSkewGauge } from './skew-gauge.ts'

/** A server whose clock reads `ahead` more than this computer's, and answers after `roundTrip` milliseconds. */
function setUp() {
  const clock = new ManualClock()
  const server = { ahead: -120_000, roundTrip: 0, isAway: false, at: () => clock.elapsed() + 1_700_000_000_000 }
  const shared = createSharedClock(async () => {
    if (server.isAway) throw new Error('away')
    if (server.roundTrip > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, server.roundTrip))
    return server.at() + server.ahead
  }, clock)
  return { clock, server, shared }
}

describe('[OPS29] the time that all processes go by', () => {
  it('is this computer’s until the server has answered, and the server’s from then on', async () => {
    const { clock, server, shared } = setUp()
    server.isAway = true
    await shared.measure()
    expect(shared.now()).toBe(clock.now())
    expect(shared.skewMs()).toBeNull()
    server.isAway = false
    await shared.measure()
    expect(shared.now()).toBe(server.at() + server.ahead)
  })

  it('goes on while the server is away, also when this computer’s clock is set', async () => {
    const { clock, server, shared } = setUp()
    await shared.measure()
    server.isAway = true
    await clock.advance(60_000)
    clock.wallOffsetMs = 3_600_000
    await shared.measure()
    expect(shared.now()).toBe(server.at() + server.ahead)
  })

  it('follows a server whose clock is set, or that is another one', async () => {
    const { clock, server, shared } = setUp()
    await shared.measure()
    server.ahead = 5_000
    await clock.advance(10_000)
    await shared.measure()
    expect(shared.now()).toBe(server.at() + 5_000)
  })

  it('is as exact as its best measurement, and follows a slow answer only where both cannot be right', async () => {
    const { clock, server, shared } = setUp()
    const measureSlowly = async () => {
      const measured = shared.measure()
      await clock.advance(200)
      await measured
    }
    await shared.measure()
    server.roundTrip = 200
    await measureSlowly()
    expect(shared.now()).toBe(server.at() + server.ahead)
    server.ahead = 5_000
    await measureSlowly()
    expect(Math.abs(shared.now() - server.at() - 5_000)).toBeLessThanOrEqual(100)
  })
})

it('[OPS30] the difference of the clocks is a metric, and unknown where it was never measured', async () => {
  const { clock, server, shared } = setUp()
  const metrics = createMetrics()
  const never = createSharedClock(() => Promise.reject(new Error('away')), clock)
  addSkewGauge(metrics, { postgres: shared, redis: never })
  await shared.measure()
  const text = await metrics.registry.metrics()
  const skew = Number(/clock_skew_seconds\{against="postgres"\} (\S+)/.exec(text)?.[1])
  expect(skew).toBeCloseTo((clock.now() - server.at() - server.ahead) / 1_000, 3)
  expect(text).toContain('derm_clock_skew_seconds{against="redis"} Nan')
})
