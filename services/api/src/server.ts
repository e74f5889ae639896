import { createServer, type RequestListener } from 'node:http'
import { listen } from '@derm/runtime'

/** Longer than a proxy keeps its idle connections, so that it never sends a request into one that we are closing. */
const KEEP_ALIVE_MS = 75_000
const REQUEST_MS = 30_000

export interface HttpServer {
  start(): Promise<number>
  /** Takes no new connections, and finishes the requests that are under way. */
  drain(): Promise<void>
  stop(): void
}

export function createHttpServer(handler: RequestListener, port: number, host: string): HttpServer {
  let isDraining = false
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS, headersTimeout: 10_000, maxHeaderSize: 32_768 },
    (request, response) => {
      if (isDraining) response.setHeader('Connection', 'close')
      handler(request, response)
    },
  )
  return {
    start: () => listen(server, port, host),
    drain: () =>
      new Promise((resolve) => {
        isDraining = true
        if (!server.listening) return resolve()
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
    stop: () => server.closeAllConnections(),
  }
}
