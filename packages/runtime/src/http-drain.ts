import { ServerResponse, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'

/** A request whose head is on its way may still arrive, for this long after the last answer. */
const HEAD_MS = 300
/** An answer of which the client reads nothing for this long holds the end up no longer. */
const UNREAD_MS = 3_000
const LOOK_EVERY_MS = 50

/** What a server has open. */
type Open = {
  sockets: Set<Socket>
  /** Answers that are due or under way. */
  responses: Set<ServerResponse>
  isDraining: boolean
}

const OPEN = new WeakMap<Server, Open>()

/** The class of a server's responses, which notes them from the request's head to the answer's end, whichever listener answers. */
export function createNotedResponse(): { Response: typeof ServerResponse; watch(server: Server): void } {
  const open: Open = { sockets: new Set(), responses: new Set(), isDraining: false }
  class NotedResponse extends ServerResponse {
    constructor(...given: [IncomingMessage]) {
      super(...given)
      open.responses.add(this)
      this.once('close', () => open.responses.delete(this))
      if (open.isDraining) announceEnd(this)
    }
  }
  return {
    Response: NotedResponse as typeof ServerResponse,
    watch(server) {
      OPEN.set(server, open)
      server.on('connection', (socket: Socket) => {
        open.sockets.add(socket)
        socket.once('close', () => open.sockets.delete(socket))
      })
    },
  }
}

/** The answer is the connection's last one. Where its head has gone out already, the connection is closed as idle after it. */
function announceEnd(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
}

/**
 * Takes no new connections and resolves when none is left. Requests that have come, and those that still come on open connections, are
 * answered with `Connection: close`. Connections without a request are closed, again and again until none is left. What has no
 * end by itself (half a head, an answer that nobody reads, a connection that was upgraded) does not hold it up. [OPS26]
 *
 * `withinMs`: what is not answered by then is cut off.
 */
export async function drainHttpServer(server: Server, { withinMs = Infinity } = {}): Promise<void> {
  const open = OPEN.get(server)
  if (!open) throw new Error('only a server of createGuardedServer knows what it has open')
  open.isDraining = true
  if (!server.listening) return cutOff(open)
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const response of open.responses) announceEnd(response)
  const begun = performance.now()
  const unread = new Map<Socket, { sent: number; since: number }>()
  let answeredAt = begun
  const look = () => {
    const now = performance.now()
    server.closeIdleConnections()
    for (const { socket } of open.responses) if (socket && isUnread(unread, socket, now)) socket.destroy()
    // Node counts a connection as idle only after its first request.
    if (now - begun >= HEAD_MS) for (const socket of open.sockets) if (socket.bytesRead === 0) socket.destroy()
    if (open.responses.size > 0) answeredAt = now
    if (now - answeredAt >= HEAD_MS || now - begun >= withinMs) cutOff(open)
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  look()
  await closed
  clearInterval(timer)
}

function cutOff({ sockets }: Open): void {
  for (const socket of sockets) socket.destroy()
}

/** Whether bytes wait for the client, and none of them has gone out for long. */
function isUnread(unread: Map<Socket, { sent: number; since: number }>, socket: Socket, now: number): boolean {
  const sent = socket.bytesWritten - socket.writableLength
  const before = unread.get(socket)
  if (socket.writableLength > 0 && before?.sent === sent) return now - before.since >= UNREAD_MS
  unread.set(socket, { sent, since: now })
  return false
}
