import { readFile } from 'node:fs/promises'
import { Session, type Profiler } from 'node:inspector/promises'
import { join } from 'node:path'
import { RESOURCE_NAMES } from '@derm/contract'
import { getSeedIds } from '@derm/database'
import { createRealtime, createSocketTransport, live, type ResourceKeys } from '@derm/react'
import { ROOT } from '@derm/local-servers'
import { signIn, startStack, waitUntil, type Stack } from '@derm/test-kit'
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'

let stack: Stack
beforeAll(async () => {
  // Each process opens an inspector on a port of its own, and prints where.
  stack = await startStack({ apis: 1, nodes: 1, env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } })
})
afterAll(() => stack?.stop())

type Take = () => Promise<Profiler.ScriptCoverage[]>

/** Counts the calls in another process, from one `take` to the next. */
async function watchProcess(url: string): Promise<{ take: Take; stop: () => void }> {
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  let asked = 0
  const post = (method: string, params: object = {}) =>
    new Promise<{ result: Profiler.ScriptCoverage[] }>((resolve) => {
      const id = ++asked
      const listen = (data: Buffer) => {
        const answer = JSON.parse(data.toString()) as { id?: number; result: { result: Profiler.ScriptCoverage[] } }
        if (answer.id !== id) return
        socket.off('message', listen)
        resolve(answer.result)
      }
      socket.on('message', listen)
      socket.send(JSON.stringify({ id, method, params }))
    })
  await post('Profiler.enable')
  await post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  return { take: async () => (await post('Profiler.takePreciseCoverage')).result, stop: () => socket.close() }
}

async function watchThisProcess(): Promise<{ take: Take; stop: () => void }> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  return {
    take: async () => (await session.post('Profiler.takePreciseCoverage')).result,
    stop: () => session.disconnect(),
  }
}

/** The project's files of which a function was called. What spans the whole file is the module itself: evaluated, not called. */
function filesOf(scripts: readonly Profiler.ScriptCoverage[]): string[] {
  return scripts
    .filter(({ functions }) => functions.some(({ ranges: [whole] }) => whole!.startOffset > 0 && whole!.count > 0))
    .map(({ url }) => url.replace('file://', ''))
    .filter((path) => path.startsWith(ROOT) && !path.includes('node_modules'))
    .map((path) => path.slice(ROOT.length + 1).replace(/\?.*$/, ''))
}

it('one check-in passes the files that docs/architecture.md names, from the route to the view', async () => {
  const page = await readFile(join(ROOT, 'docs', 'architecture.md'), 'utf8')
  const list = /<!-- way of an event: begin -->([\s\S]*?)<!-- way of an event: end -->/.exec(page)![1]!
  const named = [...list.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path]) => path!)
  expect(named.length).toBeGreaterThan(9)

  const { lakeside } = getSeedIds()
  const api = stack.apis[0]!.url
  const { accessToken } = await signIn(api, stack.origin, lakeside.users['owner']!.email)
  const [appointment] = await stack.query<{ id: string; version: number }>(
    `SELECT id, version FROM appointments WHERE status = 'scheduled' AND location_id = $1 LIMIT 1`,
    [lakeside.locations['downtown']!.id],
  )

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
  const observer = new QueryObserver<{ status: string }>(queryClient, {
    queryKey: ['appointments', appointment!.id],
    queryFn: live(({ fetch }) =>
      fetch(`/api/v1/appointments/${appointment!.id}`).then(
        (response) => response.json() as Promise<{ status: string }>,
      ),
    ),
  })
  const undo = [realtime.start(), realtime.retain({ topic: 'scheduling' }), observer.subscribe(() => {})]
  const inspectors = stack.lines().flatMap((line) => /Debugger listening on (ws:\S+)/.exec(line)?.[1] ?? [])
  expect(inspectors).toHaveLength(2)
  const watched = await Promise.all([...inspectors.map(watchProcess), watchThisProcess()])
  try {
    await waitUntil(() => realtime.getConnection().status === 'live' && realtime.cursors().size > 0, {
      what: 'the subscription',
    })
    await waitUntil(() => observer.getCurrentResult().data?.status === 'scheduled', { what: 'the first load' })
    for (const { take } of watched) await take()

    const response = await fetch(`${api}/api/v1/appointments/${appointment!.id}/check-in`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${accessToken}`,
        'content-type': 'application/json',
        'if-match': `"${appointment!.version}"`,
        'idempotency-key': crypto.randomUUID(),
        origin: stack.origin,
      },
      body: '{}',
    })
    expect(response.status).toBe(200)
    await waitUntil(() => observer.getCurrentResult().data?.status === 'checked_in', { what: 'the view to follow' })
    const passed = new Set((await Promise.all(watched.map(({ take }) => take()))).flatMap(filesOf))
    expect(named.filter((path) => !passed.has(path))).toEqual([])
  } finally {
    for (const { stop } of watched) stop()
    for (const step of undo) step()
    queryClient.clear()
  }
})
