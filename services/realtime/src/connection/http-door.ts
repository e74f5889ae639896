import type { Server, ServerResponse } from 'node:http'
import type { Socket as NetSocket } from 'node:net'
import { createGuardedServer, setSecurityHeaders, stripBasePath } from '@derm/runtime'

/** An upgrade fits many times, with the cookies that a browser adds to it. */
const MAX_HEADER_BYTES = 8_192
/** From the first byte of a request to the last of its headers. */
const HEADERS_MS = 5_000
/** TCP connections that have not asked for anything yet. */
const MAX_SILENT = 1_024
/** The path of another service, or of none: its upgrade is not answered, and its connection ends. */
const NOT_OURS_MS = 1_000

/**
 * The HTTP server below Socket.IO: each connection asks for one thing, soon, and in few bytes. When too many say nothing, the one that has
 * said nothing for longest makes room: who is about to ask does so within a round trip. [SES22]
 */
export function createHttpDoor(path: string, basePath: string): Server {
  const http = createGuardedServer((_request, response) => response.writeHead(404).end(), {
    headersMs: HEADERS_MS,
    requestMs: HEADERS_MS,
    headBytes: MAX_HEADER_BYTES,
  })
  const silent = new Set<NetSocket>()
  http.on('connection', (socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
    if (silent.size > MAX_SILENT) for (const oldest of [...silent].slice(0, 1)) oldest.destroy()
  })
  http.prependListener('upgrade', (request) => {
    const { socket } = request
    silent.delete(socket)
    stripBasePath(request, basePath)
    if (!request.url?.startsWith(path)) setTimeout(() => socket.destroy(), NOT_OURS_MS).unref()
  })
  return http
}

/**
 * To call after Socket.IO has taken the server over: it answers before the server's own listeners are asked. A body that nobody waits for would
 * go on and on behind its answer.
 */
export function guardAnswers(http: Server, basePath: string): void {
  http.prependListener('request', (request, response: ServerResponse) => {
    const { socket } = request
    setSecurityHeaders(response)
    stripBasePath(request, basePath)
    response.shouldKeepAlive = false
    response.once('finish', () => setTimeout(() => socket.destroy(), NOT_OURS_MS).unref())
  })
}
