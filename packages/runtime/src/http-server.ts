import { STATUS_CODES, createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { Duplex } from 'node:stream'
import { NO_CONTENT_POLICY, SECURITY_HEADERS } from './security-headers.ts'

/** In milliseconds. `idle` is longer than a proxy keeps its idle connections, so that it never sends a request into one that is being closed. */
export type HttpDeadlines = { headers: number; request: number; idle: number }

/** A request's head, and then all of it, must be there in time, however slowly its bytes come. */
const DEADLINES: HttpDeadlines = { headers: 10_000, request: 20_000, idle: 75_000 }
/** Node looks for what is overdue this often; its own 30 s would triple the deadlines. */
const CHECK_MS = 1_000
const MAX_HEAD_BYTES = 32_768

/**
 * What every server of ours listens with: deadlines for slow requests, and the security headers on every answer, also on those that Node
 * gives before any handler of ours is asked. [OPS5] [OPS9]
 */
export function createGuardedServer(handler: RequestListener, deadlines: Partial<HttpDeadlines> = {}): Server {
  const { headers, request, idle } = { ...DEADLINES, ...deadlines }
  const options: ServerOptions = {
    headersTimeout: headers,
    requestTimeout: request,
    keepAliveTimeout: idle,
    connectionsCheckingInterval: Math.min(CHECK_MS, headers, request),
    maxHeaderSize: MAX_HEAD_BYTES,
  }
  const server = createServer(options, handler)
  // Before any other listener, also one that takes the handler's place later, as Engine.IO does.
  server.prependListener('request', (_request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
    response.setHeader('content-security-policy', NO_CONTENT_POLICY)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => answerFault(error, socket))
  return server
}

const STATUS_OF: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }

/** To what is no request, or took too long to become one. */
function answerFault({ code = '' }: NodeJS.ErrnoException, socket: Duplex & { bytesWritten?: number }): void {
  if (code === 'ECONNRESET' || !socket.writable || (socket.bytesWritten ?? 0) > 0) return void socket.destroy()
  const status = STATUS_OF[code] ?? 400
  const headers = Object.entries({ ...SECURITY_HEADERS, 'content-security-policy': NO_CONTENT_POLICY })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n` +
      `${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  )
}
