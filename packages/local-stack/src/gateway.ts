import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { announcedLength, createGuardedServer, refuseBody, stripBasePath } from '@derm/runtime'
import { createProxyServer } from 'httpxy'
import { createWebClient } from '@derm/web-server'

/** No request of ours is larger, in bytes. */
const BODY_LIMIT = 65_536

export type Upstream = { url: string; isReady(): Promise<boolean> }

/** One port in front of all: the web client's files, the API pods and the realtime nodes, each in turn, as far as they are ready. */
export async function startGateway({
  port,
  host = '127.0.0.1',
  dist,
  apis,
  nodes,
  basePath = '',
  origins = [],
}: {
  port: number
  host?: string
  dist: string
  apis: Upstream[]
  nodes: Upstream[]
  /** The path below which browsers see everything: '' or `/practice`. A proxy in front may pass it on or take it off. */
  basePath?: string
  /** From which the page is loaded. */
  origins?: readonly string[]
}): Promise<{ port: number; stop(): Promise<void> }> {
  const proxy = createProxyServer({ xfwd: true, proxyTimeout: 30_000 })
  const pickApi = await createPicker(apis)
  const pickNode = await createPicker(nodes)
  const serveWebClient = createWebClient({ dist, basePath, origins })
  const sockets = new Set<Socket>()
  proxy.on('error', (_error, _request, response) => {
    if (!response) return
    if ('writeHead' in response) answerUnavailable(response)
    else response.destroy()
  })

  const server = createGuardedServer((request, response) => {
    stripBasePath(request, basePath)
    const path = request.url?.split('?')[0] ?? '/'
    // The front door says who asks; what a client says of itself is nothing to go by.
    delete request.headers['x-forwarded-for']
    if (announcedLength(request) > BODY_LIMIT) {
      refuseBody(request, response)
      return answerProblem(response, 413, 'payload_too_large', 'The request is too large')
    }
    const pick =
      path.startsWith('/api/') || path.startsWith('/.well-known/') ? pickApi : isRealtime(path) ? pickNode : null
    if (!pick) return serveWebClient(request, response)
    const target = pick.next()
    if (!target) return answerUnavailable(response)
    proxy.web(request, response, { target: target.url }).catch(() => answerUnavailable(response))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    delete request.headers['x-forwarded-for']
    socket.on('error', () => socket.destroy())
    stripBasePath(request, basePath)
    const path = request.url?.split('?')[0] ?? '/'
    if (!isRealtime(path)) return void socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
    const target = pickNode.next()
    if (!target) return void socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n')
    proxy.ws(request, socket, { target: target.url }, head).catch(() => socket.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await listen(server, port, host)
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      pickApi.stop()
      pickNode.stop()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Socket.IO answers `/realtime` and what is below it; polling it refuses with 400, as it does everything that is no WebSocket. [OPS15] */
const isRealtime = (path: string) => path === '/realtime' || path.startsWith('/realtime/')

async function createPicker(upstreams: Upstream[]) {
  let ready = upstreams
  let turn = 0
  const check = async () => {
    const answers = await Promise.all(upstreams.map((upstream) => upstream.isReady()))
    ready = upstreams.filter((_, i) => answers[i])
  }
  await check()
  const timer = setInterval(() => void check(), 500)
  return { next: () => ready[turn++ % Math.max(1, ready.length)], stop: () => clearInterval(timer) }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} is taken. Stop what uses it, or choose another: PORT=9000 npm start`)
          : error,
      ),
    )
    server.listen(port, host, resolve)
  })
}

function answerUnavailable(response: ServerResponse): void {
  if (response.headersSent) return void response.destroy()
  response.setHeader('retry-after', '1')
  answerProblem(response, 503, 'unavailable', 'Not available at the moment')
}

function answerProblem(response: ServerResponse, status: number, code: string, title: string): void {
  response.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
  response.end(JSON.stringify({ type: `/api/docs/errors#${code}`, title, status, code }))
}
