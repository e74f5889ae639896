import { createAdminServer, createMetrics } from '@derm/runtime'
import { afterEach, describe, expect, it } from 'vitest'
import { formatInspected, inspectAll } from './inspect.ts'

const ends: (() => unknown)[] = []
afterEach(() => Promise.all(ends.splice(0).map((end) => end())))

async function startAdmin(isReady: boolean, gauges: Record<string, number>): Promise<string> {
  const metrics = createMetrics()
  for (const [name, value] of Object.entries(gauges)) metrics.gauge({ name, help: name }).set(value)
  const server = createAdminServer({ port: 0, isReady: () => isReady, metrics })
  const port = await server.start()
  ends.push(() => server.stop())
  return `http://127.0.0.1:${port}`
}

describe('[OPS51] npm run inspect', () => {
  it('shows nodes, pods, and who does not answer; what is not known is no 0', async () => {
    const all = await inspectAll([
      { name: 'realtime-1', adminUrl: await startAdmin(true, { connections: 12, channels: 3, late_channels: 0 }) },
      {
        name: 'api-1',
        adminUrl: await startAdmin(false, { relay_published_total: 7, relay_lag_rows: NaN, relay_lag_seconds: 1.5 }),
      },
      { name: 'api-2', adminUrl: 'http://127.0.0.1:1' },
    ])
    const lines = formatInspected(all).replace(/ +/g, ' ').split('\n')
    expect(lines[1]).toMatch(/^realtime-1 yes 12 3 \? 0 \d+ ms$/)
    expect(lines[4]).toMatch(/^api-1 NO \? 1500 ms 7 \d+ ms$/)
    expect(lines.at(-1)).toBe('api-2: does not answer')
  })
})
