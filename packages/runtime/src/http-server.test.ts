import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAdminServer } from './admin-server.ts'
import { createGuardedServer, type HttpLimits } from './http-server.ts'
import { listen } from './listen.ts'
import { createMetrics } from './metrics.ts'
import { announcedLength, refuseBody } from './refuse-body.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

async function start(handler: Handler, limits: Partial<HttpLimits> = {}): Promise<number> {
  const server = createGuardedServer(handler, limits)
  const port = await listen(server, 0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return port
}

/** A connection by hand: what it was sent, until it ended. */
function open(port: number): { socket: Socket; ended: Promise<string> } {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('error', () => {}).on('data', (data) => (text += data.toString()))
  onTestFinished(() => void socket.destroy())
  return { socket, ended: new Promise((resolve) => socket.once('close', () => resolve(text))) }
}

const expectHeaders = (answer: string) => {
  for (const [name, value] of Object.entries(SECURITY_HEADERS))
    expect(answer.toLowerCase()).toContain(`${name}: ${value.toLowerCase()}`)
  expect(answer).toContain("default-src 'none'")
}

describe('[OPS9] a request that comes too slowly ends, with the reason', () => {
  const SHORT = { headersMs: 200, requestMs: 400 }
  const echo: Handler = (request, response) => void request.pipe(response)

  it.each<[string, (socket: Socket) => void]>([
    ['nothing at all', () => {}],
    ['half a request line', (socket) => socket.write('GET / HT')],
    ['headers without an end', (socket) => socket.write('GET / HTTP/1.1\r\nhost: x\r\nx-')],
    [
      'a header a moment for ever',
      (socket) => {
        socket.write('GET / HTTP/1.1\r\nhost: x\r\n')
        const timer = setInterval(() => socket.write('x-more: 1\r\n'), 20)
        socket.once('close', () => clearInterval(timer))
      },
    ],
  ])('%s', async (_name, send) => {
    const { socket, ended } = open(await start(echo, SHORT))
    send(socket)
    const answer = await ended
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
    expectHeaders(answer)
  })

  it('a body a byte a moment', async () => {
    const { socket, ended } = open(await start(echo, SHORT))
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n')
    const timer = setInterval(() => socket.write('x'), 20)
    await ended
    clearInterval(timer)
  })

  it('hundreds of half requests are all gone, on the admin port too', async () => {
    const admin = createAdminServer({ port: 0, isReady: () => true, metrics: createMetrics(), limits: SHORT })
    const port = await admin.start()
    onTestFinished(() => admin.stop())
    const halves = Array.from({ length: 300 }, () => open(port))
    for (const { socket } of halves) socket.write('GET /livez HTTP/1.1\r\nx-')
    await Promise.all(halves.map(({ ended }) => ended))
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200)
  })
})

describe('[OPS8] a body that is too large', () => {
  it.each<[string, string]>([
    ['announced', 'content-length: 5000000000'],
    ['announced, and asked about first', 'content-length: 5000000000\r\nexpect: 100-continue'],
  ])('%s is answered at once, and hardly any of it is read', async (_name, headers) => {
    let read = 0
    const port = await start((request, response) => {
      request.socket.once('close', () => (read = request.socket.bytesRead))
      if (announcedLength(request) > 1_000) refuseBody(request, response)
      response.writeHead(413).end('too large')
    })
    const { socket, ended } = open(port)
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`)
    const chunk = Buffer.alloc(65_536)
    const send = () => {
      while (!socket.destroyed && socket.writable && socket.write(chunk)) continue
    }
    socket.on('drain', send)
    send()
    expect(await ended).toMatch(/HTTP\/1.1 413 [^]*too large/)
    expect(read).toBeLessThan(2_000_000)
  })
})

describe('[OPS5] the security headers', () => {
  it('are on every answer, also on what Node says to what is no request', async () => {
    const port = await start((_request, response) => response.end('x'))
    const answers = await Promise.all(
      [
        'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
        'nonsense\r\n\r\n',
        `GET / HTTP/1.1\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`,
      ].map((text) => {
        const { socket, ended } = open(port)
        socket.write(text)
        return ended
      }),
    )
    expect(answers.map((answer) => answer.slice(9, 12))).toEqual(['200', '400', '431'])
    for (const answer of answers) expectHeaders(answer)
  })
})
