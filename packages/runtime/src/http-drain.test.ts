import { Agent, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAdminServer } from './admin-server.ts'
import { drainHttpServer } from './http-drain.ts'
import { createGuardedServer } from './http-server.ts'
import { listen } from './listen.ts'
import { createMetrics } from './metrics.ts'

type Held = { url: string; response: ServerResponse }

/** A server that holds every answer back until the test gives it; `/stream` has sent its head by then. */
async function start() {
  const held: Held[] = []
  const server = createGuardedServer((request, response) => {
    if (request.url === '/now') return void response.end('now')
    if (request.url === '/stream') response.writeHead(200).write('begun')
    held.push({ url: request.url ?? '', response })
  })
  const port = await listen(server, 0, '127.0.0.1')
  onTestFinished(() => server.closeAllConnections())
  return { server, port, held, url: `http://127.0.0.1:${port}` }
}

const agentOf = () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  return agent
}

function get(port: number, path: string, agent: Agent): Promise<{ message: IncomingMessage; body: string }> {
  return new Promise((resolve, reject) => {
    send({ host: '127.0.0.1', port, path, agent }, (message) => {
      let body = ''
      message.on('data', (data: Buffer) => (body += data.toString()))
      message.on('end', () => resolve({ message, body }))
      message.on('error', reject)
    })
      .on('error', reject)
      .end()
  })
}

function open(port: number): { socket: Socket; ended: Promise<unknown> } {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}).resume()
  onTestFinished(() => void socket.destroy())
  return { socket, ended: new Promise((resolve) => socket.once('close', resolve)) }
}

const until = (isTrue: () => boolean) => expect.poll(isTrue).toBe(true)

describe('[OPS26] a server that ends', () => {
  it('a request that is under way on a keep-alive connection is answered, with the word that it is the last', async () => {
    const { server, port, held } = await start()
    const agent = agentOf()
    expect((await get(port, '/now', agent)).message.headers.connection).toBe('keep-alive')
    const answer = get(port, '/held', agent)
    await until(() => held.length === 1)
    const drained = drainHttpServer(server)
    held[0]!.response.end('late')
    const { message, body } = await answer
    expect({ body, connection: message.headers.connection }).toEqual({ body: 'late', connection: 'close' })
    await drained
  })

  it('one whose head has gone out already is finished, and its connection closed then', async () => {
    const { server, port, held } = await start()
    const answer = get(port, '/stream', agentOf())
    await until(() => held.length === 1)
    const drained = drainHttpServer(server)
    held[0]!.response.end(' and ended')
    expect((await answer).body).toBe('begun and ended')
    await drained
  })

  it('connections that ask for nothing are closed at once, while others are still answered', async () => {
    const { server, port, held } = await start()
    const [idle, silent, half] = [open(port), open(port), open(port)]
    idle.socket.write('GET /now HTTP/1.1\r\nhost: x\r\n\r\n')
    half.socket.write('GET /now HTTP/1.1\r\nho')
    await Promise.all([idle, silent, half].map(({ socket }) => new Promise((done) => socket.once('ready', done))))
    const answer = get(port, '/held', agentOf())
    await until(() => held.length === 1 && idle.socket.bytesRead > 0)
    const drained = drainHttpServer(server)
    await Promise.all([idle.ended, silent.ended])
    expect(half.socket.destroyed).toBe(false)
    held[0]!.response.end('late')
    expect((await answer).body).toBe('late')
    await half.ended
    await drained
  })

  it('a request that comes on an open connection meanwhile is answered too', async () => {
    const { server, port, held } = await start()
    const { socket, ended } = open(port)
    let text = ''
    socket.on('data', (data: Buffer) => (text += data.toString()))
    socket.write('GET /held HTTP/1.1\r\nhost: x\r\n')
    const other = get(port, '/held', agentOf())
    await until(() => held.length === 1)
    const drained = drainHttpServer(server)
    socket.write('\r\n')
    await until(() => held.length === 2)
    for (const { response } of held) response.end('late')
    await Promise.all([other, ended, drained])
    expect(text.toLowerCase()).toContain('connection: close')
    expect(text).toContain('late')
  })

  it('an answer that nobody reads does not hold the end up', async () => {
    const { server, port, held } = await start()
    const { socket, ended } = open(port)
    socket.pause()
    socket.write('GET /held HTTP/1.1\r\nhost: x\r\n\r\n')
    await until(() => held.length === 1)
    held[0]!.response.end(Buffer.alloc(32 * 1024 * 1024))
    await drainHttpServer(server)
    socket.resume()
    await ended
  })

  it('what takes longer than the given time is cut off', async () => {
    const { server, port, held } = await start()
    const answer = get(port, '/held', agentOf())
    const failed = expect(answer).rejects.toThrow()
    await until(() => held.length === 1)
    await drainHttpServer(server, { withinMs: 100 })
    await failed
  })

  it('a scrape that is under way on the admin port is answered', async () => {
    const metrics = createMetrics()
    let give = () => {}
    const asked = new Promise<void>((isAsked) => {
      metrics.registry.metrics = () => {
        isAsked()
        return new Promise((resolve) => (give = () => resolve('x 1\n')))
      }
    })
    const admin = createAdminServer({ port: 0, isReady: () => true, metrics })
    const answer = get(await admin.start(), '/metrics', agentOf())
    await asked
    const stopped = admin.stop()
    give()
    expect((await answer).body).toBe('x 1\n')
    await stopped
  })
})
