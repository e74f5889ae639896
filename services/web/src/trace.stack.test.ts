import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RESOURCE_NAMES } from '@derm/contract'
import { getSeedIds } from '@derm/database'
import { ROOT } from '@derm/local-servers'
import { createRealtime, createSocketTransport, live, type ResourceKeys } from '@derm/react'
import { createTracing } from '@derm/runtime'
import { signIn, startStack, waitUntil, type Stack } from '@derm/test-kit'
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTraceReceiver, type ReceivedSpan } from './testing/trace-receiver.ts'

let stack: Stack
let receiver: Awaited<ReturnType<typeof startTraceReceiver>>
beforeAll(async () => {
  receiver = await startTraceReceiver()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER_ARG: '1', LOG_LEVEL: 'debug' }
  stack = await startStack({ apis: 1, nodes: 1, env })
})
afterAll(async () => {
  await stack?.stop()
  await receiver?.stop()
})

type Appointment = { id: string; version: number; status: string }

const findScheduled = async () => {
  const [found] = await stack.query<Appointment>(
    `SELECT id, version, status FROM appointments WHERE status = 'scheduled' AND location_id = $1 LIMIT 1`,
    [getSeedIds().lakeside.locations['downtown']!.id],
  )
  return found!
}

/** One browser: its own query client, realtime and session. */
async function openClient() {
  const api = stack.apis[0]!.url
  const { accessToken } = await signIn(api, stack.origin, getSeedIds().lakeside.users['owner']!.email)
  const queryClient = new QueryClient()
  const realtime = createRealtime({
    queryClient,
    url: stack.nodes[0]!.url,
    apiUrl: api,
    getToken: async () => accessToken,
    refreshToken: async () => accessToken,
    resources: Object.fromEntries(RESOURCE_NAMES.map((name) => [name, [[name]]])) as unknown as ResourceKeys,
    transport: createSocketTransport(stack.nodes[0]!.url, { origin: stack.origin }),
  })
  return { queryClient, realtime }
}

async function checkIn({ realtime }: Awaited<ReturnType<typeof openClient>>, { id, version }: Appointment) {
  const change = realtime.mutation('appointments', ({ fetch }, _: null) =>
    fetch(`/api/v1/appointments/${id}/check-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'if-match': `"${version}"` },
      body: '{}',
    }),
  )
  return change(null)
}

const toRow = (span: ReceivedSpan, all: readonly ReceivedSpan[]) => {
  const parent = all.find(({ spanId }) => spanId === span.parentSpanId)
  const attributes = Object.entries(span.attributes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `\`${name}=${value}\``)
  return `| \`${span.name}\` | ${span.service} | ${span.kind} | ${parent ? `\`${parent.name}\`` : 'the browser’s change'} | ${attributes.join(' ')} |`.replace(
    / +/g,
    ' ',
  )
}

it('[OPS45] [OPS46] a change in one browser and the refetch of another are one trace, the one that the page shows', async () => {
  const appointment = await findScheduled()
  const [changing, watching] = await Promise.all([openClient(), openClient()])
  const { queryClient, realtime } = watching
  const observer = new QueryObserver<Appointment>(queryClient, {
    queryKey: ['appointments', appointment.id],
    queryFn: live(({ fetch }) =>
      fetch(`/api/v1/appointments/${appointment.id}`).then((response) => response.json() as Promise<Appointment>),
    ),
  })
  const undo = [realtime.start(), realtime.retain({ topic: 'scheduling' }), observer.subscribe(() => {})]
  try {
    await waitUntil(() => realtime.getConnection().status === 'live' && realtime.cursors().size > 0, {
      what: 'the subscription',
    })
    await waitUntil(() => observer.getCurrentResult().data?.status === 'scheduled', { what: 'the first load' })
    expect((await checkIn(changing, appointment)).status).toBe(200)
    await waitUntil(() => observer.getCurrentResult().data?.status === 'checked_in', { what: 'the view to follow' })

    const nameOfChange = 'POST /appointments/:id/check-in'
    const ofChange = () => {
      const root = receiver.spans.find(({ name }) => name === nameOfChange)
      return root ? receiver.spans.filter(({ traceId }) => traceId === root.traceId) : []
    }
    await waitUntil(() => ofChange().length >= 5, { what: 'the spans of five steps' })
    const page = await readFile(join(ROOT, 'docs', 'operations', 'tracing.md'), 'utf8')
    const table = /<!-- one trace: begin -->([\s\S]*?)<!-- one trace: end -->/.exec(page)![1]!
    const shown = table
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.replace(/ +/g, ' '))
    expect(
      ofChange()
        .map((span) => toRow(span, ofChange()))
        .toSorted(),
    ).toEqual(shown.toSorted())

    // Of every span of every trace: no id, no url.
    for (const { name, attributes } of receiver.spans)
      expect(JSON.stringify({ name, attributes })).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-|https?:|\?|@/)
    const { traceId } = ofChange()[0]!
    for (const said of ['answered', 'published', 'delivered'])
      expect(stack.lines().some((line) => line.includes(traceId) && line.includes(said))).toBe(true)
  } finally {
    for (const step of undo) step()
    for (const client of [changing, watching]) client.realtime.dispose()
    queryClient.clear()
  }
})

it('[OPS47] a collector that is away delays nothing, and the log says so', async () => {
  receiver.state.isRefusing = true
  const client = await openClient()
  const appointment = await findScheduled()
  expect((await checkIn(client, appointment)).status).toBe(200)
  client.realtime.dispose()
  await waitUntil(() => stack.lines().some((line) => line.includes('traces could not be exported')), {
    what: 'the line in the log',
    timeoutMs: 20_000,
  })
  expect(receiver.state.refused).toBeGreaterThan(0)
  receiver.state.isRefusing = false
})

it('[OPS46] without an endpoint there is no tracing', async () => {
  const options = { share: 1, service: 'api', instance: 'api-1', now: () => Date.now() }
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  expect(await createTracing({ ...options, logger, endpoint: undefined })).toBeNull()
})
