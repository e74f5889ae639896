import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getSeedIds } from '@derm/database'
import { ROOT, findPrometheus, startPrometheus, waitUntil, type Prometheus } from '@derm/local-servers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectClient, type RecordingClient } from '../connect-client.ts'
import { signIn } from '../sign-in.ts'
import { startStack, type Stack } from '../start-stack.ts'
import { createEventWriter, type EventWriter } from '../write-events.ts'
import { metricsIn, readDashboards, readRules, ruleFiles } from './read-rules.ts'

const programs = await findPrometheus()
const addressOf = (adminUrl: string) => new URL(adminUrl).host
let stack: Stack
let prometheus: Prometheus | undefined
let client: RecordingClient
let writer: EventWriter

beforeAll(async () => {
  stack = await startStack({ apis: 1, nodes: 1 })
  if (programs)
    prometheus = await startPrometheus(programs, {
      targets: {
        api: stack.apis.map(({ adminUrl }) => addressOf(adminUrl)),
        realtime: stack.nodes.map(({ adminUrl }) => addressOf(adminUrl)),
      },
      rules: ruleFiles(),
    })
  const { lakeside } = getSeedIds()
  const [api, node] = [stack.apis[0]!, stack.nodes[0]!]
  const owner = lakeside.users['owner']!
  const location = lakeside.locations['downtown']!
  const { accessToken } = await signIn(api.url, stack.origin, owner.email)
  client = await connectClient({ url: node.url, origin: stack.origin, token: accessToken })
  await client.subscribe([{ topic: 'scheduling', location: location.id }])
  writer = createEventWriter({
    apiUrl: stack.databases.apiUrl,
    tenantId: lakeside.tenantId,
    locationId: location.id,
    actorId: owner.id,
  })
})
afterAll(async () => {
  client?.socket.disconnect()
  await writer?.stop()
  await prometheus?.stop()
  await stack?.stop()
})

/** What is to be seen: events, a refused sign-in, and something in Redis that is not ours. */
async function makeTraffic(): Promise<void> {
  await writer.write(1)
  await signIn(stack.apis[0]!.url, stack.origin, 'nobody@lakeside.example').catch(() => {})
  await stack.redis.command(async (redis) => {
    const channels = (await redis.pubsub('CHANNELS', 'derm:*:c:*')) as string[]
    for (const channel of channels) await redis.publish(channel, 'not ours')
  })
}

it('[OPS42] rules, dashboards and the runbook name metrics that running processes expose, and no others', async () => {
  const exposed = new Set<string>()
  for (const { adminUrl } of [...stack.apis, ...stack.nodes])
    for (const [, name] of (await (await fetch(`${adminUrl}/metrics`)).text()).matchAll(/^# TYPE (\S+) /gm))
      exposed.add(name!)
  const texts = [
    JSON.stringify(readRules()),
    JSON.stringify(readDashboards()),
    readFileSync(join(ROOT, 'docs/operations/runbook.md'), 'utf8'),
  ]
  // Roles of Postgres and Redis begin with the same letters.
  const isRole = (name: string) => /^derm_(api|relay|jobs|realtime|node|owner)$/.test(name)
  const named = metricsIn(texts.join('\n')).filter((name) => !isRole(name))
  expect(named.length).toBeGreaterThan(50)
  expect(named.filter((name) => !exposed.has(name))).toEqual([])
})

it.skipIf(!programs)('[OPS43] each query of each dashboard returns data from a running system', async () => {
  const queries = readDashboards().flatMap(({ title, panels }) =>
    panels.flatMap((panel) =>
      (panel.targets ?? []).map(({ expr }) => ({ where: `${title}, ${panel.title}: ${expr}`, expr })),
    ),
  )
  expect(queries.length).toBeGreaterThan(60)
  const isEmpty = async ({ expr }: { expr: string }) => {
    const samples = await prometheus!.query(expr.replaceAll('$__rate_interval', '1m'))
    return samples.every(({ value }) => Number.isNaN(value))
  }
  let left = queries
  await waitUntil(
    async () => {
      await makeTraffic()
      const empty = await Promise.all(left.map(isEmpty))
      left = left.filter((_, i) => empty[i])
      return left.length === 0
    },
    { what: 'every query to return data', timeoutMs: 60_000, everyMs: 1000 },
  ).catch(() => {})
  expect(left.map(({ where }) => where)).toEqual([])
})

it.skipIf(!programs)('[OPS41] a strange message in a running system’s Redis makes its alert fire', async () => {
  await waitUntil(
    async () => {
      await makeTraffic()
      return (await prometheus!.query('ALERTS{alertname="ForeignMessages",alertstate="firing"}')).length > 0
    },
    { what: 'the alert to fire', timeoutMs: 60_000, everyMs: 1000 },
  )
})
