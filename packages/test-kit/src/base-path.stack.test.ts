import { connect } from 'node:net'
import { getSeedIds } from '@derm/database'
import { buildWeb } from '@derm/local-stack'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPathProxy, type PathProxy } from './path-proxy.ts'
import { startStack, type Stack } from './start-stack.ts'

const PREFIX = '/practice'
const email = getSeedIds().lakeside.users['frontdesk']!.email
let stack: Stack
const proxies: PathProxy[] = []

beforeAll(async () => {
  await buildWeb()
  stack = await startStack({ apis: 1, nodes: 1, gateway: true, env: { BASE_PATH: PREFIX } })
  for (const takesOff of [false, true]) {
    const proxy = await startPathProxy(PREFIX, { takesOff })
    proxy.show(stack.origin)
    proxies.push(proxy)
  }
})
afterAll(async () => {
  for (const proxy of proxies) await proxy.stop()
  await stack?.stop()
})

describe.each([
  ['passes the prefix on', 0],
  ['takes the prefix off', 1],
] as const)('behind a proxy that %s', (_name, index) => {
  const url = () => proxies[index]!.url
  const login = () =>
    fetch(`${url()}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: stack.origin },
      body: JSON.stringify({ email, password: 'dermlive' }),
    })

  it('[OPS14] one signs in, and the cookie is for the routes below the prefix', async () => {
    const [cookie] = (await login()).headers.getSetCookie()
    expect(cookie).toContain(`; Path=${PREFIX}/api/v1/auth;`)
    const refreshed = await fetch(`${url()}/api/v1/auth/refresh`, {
      method: 'POST',
      headers: { cookie: cookie!.split(';')[0]!, origin: stack.origin },
    })
    expect(refreshed.status).toBe(200)
    await refreshed.arrayBuffer()
  })

  it('[OPS14] a socket connects below the prefix', async () => {
    const { accessToken } = (await (await login()).json()) as { accessToken: string }
    const socket = io(new URL(url()).origin, {
      path: `${PREFIX}/realtime`,
      transports: ['websocket'],
      reconnection: false,
      extraHeaders: { origin: stack.origin },
      auth: { token: accessToken, protocol: 1 },
    })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject))
    const ack: unknown = await socket.timeout(10_000).emitWithAck('subscribe', { channels: [{ topic: 'scheduling' }] })
    expect(ack).toMatchObject({ ok: true })
    socket.disconnect()
  })

  it('[OPS14] the page finds its files, and knows where it stands', async () => {
    const html = await (await fetch(`${url()}/schedule`)).text()
    expect(html).toContain(`<meta name="base-path" content="${PREFIX}"`)
    const references = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, reference]) => reference!)
    expect(references.length).toBeGreaterThan(1)
    for (const reference of references) {
      expect(reference.startsWith(`${PREFIX}/`)).toBe(true)
      const file = await fetch(new URL(reference, url()))
      expect([reference, file.status]).toEqual([reference, 200])
      expect(file.headers.get('content-type')).not.toContain('text/html')
      await file.arrayBuffer()
    }
  })

  it('[OPS14] the API’s pages find their own files', async () => {
    const html = await (await fetch(`${url()}/api/docs`)).text()
    for (const [, reference] of html.matchAll(/(?:src|href)="([^"]+)"/g))
      expect((await fetch(new URL(reference!, `${url()}/api/docs`))).status).toBe(200)
  })

  it.each([
    ['/realtime/?EIO=4&transport=polling', 400],
    ['/realtime/nothing', 400],
    ['/realtimes', 404],
    ['/nothing', 404],
    ['/api/v1/nothing', 404],
    ['/practices', 404],
    ['/assets/nothing.js', 404],
  ])('[OPS15] %s is no page with 200', async (path, status) => {
    const answer = await fetch(`${url()}${path}`)
    expect(answer.status).toBe(status)
    expect((await answer.text()).includes('<div id="root">')).toBe(false)
    for (const name of ['x-content-type-options', 'permissions-policy', 'content-security-policy'])
      expect([name, answer.headers.has(name)]).toEqual([name, true])
  })
})

it('[OPS15] an upgrade of another path is refused', async () => {
  const socket = connect(Number(new URL(stack.origin).port), '127.0.0.1')
  let answer = ''
  socket.on('data', (data) => (answer += data.toString()))
  socket.write('GET /realtimes HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
  await new Promise((resolve) => socket.once('close', resolve))
  expect(answer).toMatch(/^HTTP\/1.1 404 /)
})
