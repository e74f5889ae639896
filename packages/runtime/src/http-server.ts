import {
  STATUS_CODES,
  createServer,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import type { Duplex } from 'node:stream'
import { createNotedResponse } from './http-drain.ts'
import { NO_CONTENT_POLICY, SECURITY_HEADERS } from './security-headers.ts'

/** A request's head (`headersMs`), and then all of it (`requestMs`), must be there in time, however slowly its bytes come. */
export type HttpLimits = { headersMs: number; requestMs: number; headBytes: number }

const LIMITS: HttpLimits = { headersMs: 10_000, requestMs: 20_000, headBytes: 32_768 }
/** Longer than a proxy keeps its idle connections, so that it never sends a request into one that is being closed. */
const IDLE_MS = 75_000
/** Node looks for what is overdue this often; its own 30 s would triple the deadlines. */
const CHECK_MS = 1_000

/**
 * What every server of ours listens with: deadlines for slow requests, and the security headers on every answer, also on those that Node
 * gives before any handler of ours is asked. `drainHttpServer` ends it. [OPS5] [OPS9] [OPS26]
 */
export function createGuardedServer(handler: RequestListener, limits: Partial<HttpLimits> = {}): Server {
  const { headersMs, requestMs, headBytes } = { ...LIMITS, ...limits }
  const noted = createNotedResponse()
  const options: ServerOptions = {
    ServerResponse: noted.Response,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: IDLE_MS,
    connectionsCheckingInterval: Math.min(CHECK_MS, headersMs, requestMs),
    maxHeaderSize: headBytes,
  }
  const server = createServer(options, handler)
  noted.watch(server)
  server.prependListener('request', (_request, response) => setSecurityHeaders(response))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => answerFault(error, socket))
  return server
}

/** For a server whose listeners another library has replaced, as Engine.IO does; all others have them already. */
export function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
  response.setHeader('content-security-policy', NO_CONTENT_POLICY)
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
