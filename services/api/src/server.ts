import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { announcedLength, createGuardedServer, drainHttpServer, listen, stripBasePath } from '@derm/runtime'
import { BODY_LIMIT } from './http/json-body.ts'

export interface HttpServer {
  start(): Promise<number>
  /** Takes no new connections, and finishes the requests that are under way: each is its connection's last one. */
  drain(): Promise<void>
  stop(): void
}

export type HttpServerOptions = { port: number; host: string; basePath: string }

export function createHttpServer(handler: RequestListener, { port, host, basePath }: HttpServerOptions): HttpServer {
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    stripBasePath(request, basePath)
    handler(request, response)
  }
  const server = createGuardedServer(answer)
  // Whoever asks before it sends a body is not told to go on with one that is too large.
  server.on('checkContinue', (request, response) => {
    if (announcedLength(request) <= BODY_LIMIT) response.writeContinue()
    answer(request, response)
  })
  return {
    start: () => listen(server, port, host),
    drain: () => drainHttpServer(server),
    stop: () => server.closeAllConnections(),
  }
}
