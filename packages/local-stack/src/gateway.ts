import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { announcedLength, createGuardedServer, drainHttpServer, refuseBody, stripBasePath } from '@derm/runtime'
import { createWebClient } from '@derm/web-server'
import { createProxyServer } from 'httpxy'
import { Balancer, type Upstream } from './balancer.ts'
import { relayUpgrade } from './upgrade-relay.ts'

/** No request of ours is larger, in bytes. */
const BODY_LIMIT = 65_536
/** At its end, what is not answered by then is cut off. */
const DRAIN_MS = 1_000

/**
 * One port in front of all: the web client's files, the API pods and the realtime nodes, as far as they are ready. Requests go to each in
 * turn, sockets to the node with the fewest.
 */
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
  const pods = new Balancer(apis)
  const realtime = new Balancer(nodes)
  await Promise.all([pods.start(), realtime.start()])
  const serveWebClient = createWebClient({ dist, basePath, origins })
  const upgraded = new Set<Socket>()
  proxy.on('error', (_error, _request, response) => {
    if (response && 'writeHead' in response) answerUnavailable(response)
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
    const isApi = path.startsWith('/api/') || path.startsWith('/.well-known/')
    if (!isApi && !isRealtime(path)) return serveWebClient(request, response)
    const target = (isApi ? pods : realtime).next()
    if (!target) return answerUnavailable(response)
    proxy.web(request, response, { target: target.url }).catch(() => answerUnavailable(response))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    delete request.headers['x-forwarded-for']
    socket.on('error', () => socket.destroy())
    stripBasePath(request, basePath)
    const path = request.url?.split('?')[0] ?? '/'
    if (!isRealtime(path)) return void socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket))
    relayUpgrade(request, socket, head, realtime).catch(() => socket.destroy())
  })
  await listen(server, port, host)
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of upgraded) socket.destroy()
      await drainHttpServer(server, { withinMs: DRAIN_MS })
      pods.stop()
      realtime.stop()
    },
  }
}

/** Socket.IO answers `/realtime` and what is below it; polling it refuses with 400, as it does everything that is no WebSocket. [OPS15] */
const isRealtime = (path: string) => path === '/realtime' || path.startsWith('/realtime/')

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
