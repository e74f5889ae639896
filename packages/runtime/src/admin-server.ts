import { drainHttpServer } from './http-drain.ts'
import { createGuardedServer, type HttpLimits } from './http-server.ts'
import { listen } from './listen.ts'
import type { Metrics } from './metrics.ts'

/** A scrape that is under way when the process ends may still be answered. */
const LAST_SCRAPE_MS = 500

export interface AdminServer {
  /** Resolves with the port that is listened on. */
  start(): Promise<number>
  stop(): Promise<void>
}

/**
 * Probes and metrics on an address and port of their own, which no gateway reaches. [OPS11]
 * `/livez`: the event loop turns; it never asks Redis or Postgres, since restarting a pod repairs neither.
 * `/readyz`: 200 while `isReady`, else 503. `/metrics`: Prometheus text.
 */
export function createAdminServer({
  port,
  host = '127.0.0.1',
  isReady,
  metrics,
  limits = {},
}: {
  port: number
  host?: string
  isReady: () => boolean | Promise<boolean>
  metrics: Metrics
  limits?: Partial<HttpLimits>
}): AdminServer {
  const server = createGuardedServer((request, response) => {
    const send = (status: number, body: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
      response.end(body)
    }
    const answer = async () => {
      const path = request.url?.split('?')[0]
      if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'GET only\n')
      if (path === '/livez') return send(200, 'ok\n')
      if (path === '/readyz') return (await isReady()) ? send(200, 'ready\n') : send(503, 'not ready\n')
      if (path === '/metrics') return send(200, await metrics.registry.metrics(), metrics.registry.contentType)
      return send(404, 'not found\n')
    }
    answer().catch(() => (response.headersSent ? response.destroy() : send(500, 'failed\n')))
  }, limits)

  return {
    start: () => listen(server, port, host),
    stop: () => drainHttpServer(server, { withinMs: LAST_SCRAPE_MS }),
  }
}
