import { getSeedIds } from '@derm/database'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { scrapeMetric } from '../scrape-metrics.ts'
import { startStack, type Stack } from '../start-stack.ts'
import { createEventWriter } from '../write-events.ts'
import { runWithClients } from './scenario.ts'

const SECONDS = 10
const PER_SECOND = 200
let stack: Stack
beforeAll(async () => {
  stack = await startStack({ env: { MAX_CONNECTIONS_PER_USER: '1000' } })
})
afterAll(() => stack?.stop())

/** Runs on the beat, `count` times; whoever is late catches up. */
async function repeat(count: number, everyMs: number, run: () => Promise<unknown>): Promise<void> {
  const start = Date.now()
  for (let i = 0; i < count; i++) {
    await run()
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, start + (i + 1) * everyMs - Date.now())))
  }
}

it('[REC2] the nodes’ connections to Redis are cut five times a second for ten seconds, at 200 events a second: nothing is lost, no client notices', async () => {
  const { lakeside } = getSeedIds()
  const place = { tenantId: lakeside.tenantId, locationId: lakeside.locations['downtown']!.id }
  const writer = createEventWriter({ apiUrl: stack.databases.apiUrl, actorId: lakeside.users['owner']!.id, ...place })
  let cuts = 0
  let disconnects = 0
  const audit = await runWithClients(stack, { clients: 12 }, async (changes, clients) => {
    await Promise.all([
      repeat(SECONDS * 5, 200, async () => (cuts += await stack.redis.killPubsub())),
      repeat((SECONDS * PER_SECOND) / 4, 4000 / PER_SECOND, () => writer.write(4)),
      // Some by the whole way, whose relay is woken at once.
      changes.make(SECONDS * 10, 50),
    ])
    disconnects = clients.reduce((sum, client) => sum + client.disconnects, 0)
  }).finally(() => writer.stop())

  expect(audit).toMatchObject({ lost: 0, twice: 0, wrongViews: 0, resyncs: 0, faults: [] })
  expect(audit.delivered).toBe(12 * SECONDS * (PER_SECOND + 10))
  expect(disconnects).toBe(0)
  // Each node listens on two connections: the events' and the adapter's.
  expect(cuts).toBeGreaterThan(SECONDS * 5)
  for (const { adminUrl } of stack.nodes)
    expect(await scrapeMetric(adminUrl, 'derm_gaps_repaired_total')).toBeGreaterThan(0)
})
