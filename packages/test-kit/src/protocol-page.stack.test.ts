import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { EventEnvelope, Position } from '@derm/contract'
import { getSeedIds } from '@derm/database'
import { ROOT, waitUntil } from '@derm/local-servers'
import type { Socket } from 'socket.io-client'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { claimsOf, createForge } from './forge-token.ts'
import { startStack, type Stack } from './start-stack.ts'
import { createEventWriter } from './write-events.ts'

type Follow = (options: {
  api: string
  realtime: string
  origin: string
  email: string
  password: string
  topic: string
  onEvent: (event: EventEnvelope) => void
  onResync: (channel: string) => void
  onError?: (code: string) => void
}) => Promise<{ socket: Socket; cursors: Record<string, Position> }>

const folder = join(ROOT, 'node_modules', '.cache', 'dermlive', `protocol-page-${process.pid}`)
let stack: Stack
beforeAll(async () => {
  stack = await startStack({ apis: 1, nodes: 1 })
})
afterAll(async () => {
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** The page's own lines, as a module. */
async function readExample(): Promise<{ follow: Follow; lines: number }> {
  const page = await readFile(join(ROOT, 'docs', 'protocol.md'), 'utf8')
  const code = /<!-- example: plain-client -->\s*```js\n([\s\S]*?)```/.exec(page)?.[1]
  if (code === undefined) throw new Error('docs/protocol.md has no plain-client example')
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'plain-client.mjs')
  await writeFile(file, code)
  const { follow } = (await import(pathToFileURL(file).href)) as { follow: Follow }
  return { follow, lines: code.split('\n').filter((line) => line.trim() !== '').length }
}

/** The first sign-in gives a token of so few seconds, all later ones what the API gives. */
function shortenFirstToken(seconds: number): void {
  const real = globalThis.fetch
  vi.stubGlobal('fetch', async (...request: Parameters<typeof fetch>) => {
    const body = (await (await real(...request)).json()) as { accessToken: string }
    vi.unstubAllGlobals()
    const iat = Math.floor(Date.now() / 1000)
    const claims = { ...claimsOf(body.accessToken), iat, exp: iat + seconds }
    return Response.json({ ...body, accessToken: createForge(stack.secrets.signingKeysFile).sign(claims) })
  })
}

it('the protocol page’s client misses 50 events and has all of them, once and in order', async () => {
  const { follow, lines } = await readExample()
  expect(lines).toBeLessThanOrEqual(20)
  const { lakeside } = getSeedIds()
  const writer = createEventWriter({
    apiUrl: stack.databases.apiUrl,
    tenantId: lakeside.tenantId,
    locationId: lakeside.locations['downtown']!.id,
    actorId: lakeside.users['owner']!.id,
  })
  shortenFirstToken(4)
  const closings: unknown[] = []
  const events: EventEnvelope[] = []
  const resyncs: string[] = []
  const { socket, cursors } = await follow({
    api: stack.apis[0]!.url,
    realtime: stack.nodes[0]!.url,
    origin: stack.origin,
    email: lakeside.users['frontdesk']!.email,
    password: 'dermlive',
    topic: 'scheduling',
    onEvent: (event) => events.push(event),
    onResync: (channel) => resyncs.push(channel),
  })
  socket.on('closing', ({ code }: { code: unknown }) => closings.push(code))
  try {
    await waitUntil(() => Object.keys(cursors).length > 0, { what: 'the subscription' })
    await writer.write(3)
    await waitUntil(() => events.length === 3, { what: 'three events' })

    // Its token ends: it signs in again by itself.
    await waitUntil(() => closings.length > 0 && socket.connected, { what: 'the client to be back with a new token' })
    expect(closings).toEqual(['token_expired'])

    socket.disconnect()
    for (let i = 0; i < 10; i++) await writer.write(5)
    socket.connect()
    await waitUntil(() => events.length >= 53, { what: 'what was missed' })
    await writer.write(1)
    await waitUntil(() => events.length >= 54, { what: 'what came after' })

    const committed = await stack.query<{ id: string }>('SELECT id FROM events ORDER BY seq')
    expect(events.map(({ id }) => id)).toEqual(committed.map(({ id }) => id))
    expect(resyncs).toEqual([])
  } finally {
    socket.disconnect()
    await writer.stop()
  }
})

it('the protocol page’s client says why it may not come in', async () => {
  const { follow } = await readExample()
  const errors: string[] = []
  const { socket } = await follow({
    api: stack.apis[0]!.url,
    realtime: stack.nodes[0]!.url,
    origin: stack.origin,
    email: getSeedIds().lakeside.users['frontdesk']!.email,
    password: 'wrong',
    topic: 'scheduling',
    onEvent: () => {},
    onResync: () => {},
    onError: (code) => errors.push(code),
  })
  try {
    await waitUntil(() => errors.length > 0, { what: 'the refusal' })
    expect(errors).toEqual(['unauthenticated'])
  } finally {
    socket.disconnect()
  }
})
