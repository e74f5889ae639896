import { systemClock, delay } from '@derm/core'
import {
  createAdminServer,
  createGuardedServer,
  createMetrics,
  drainHttpServer,
  listen,
  stripBasePath,
  type Step,
} from '@derm/runtime'
import type { WebServerConfig } from './config.ts'
import { createWebClient } from './web-client.ts'

export type WebServer = {
  steps: readonly Step[]
  /** Known once it has started. */
  ports: () => { port: number; adminPort: number }
}

/** Serves the built web client on a port of its own, as the front door of `npm start` does on its. [OPS17] */
export function createWebServer(config: WebServerConfig, { isReady }: { isReady: () => boolean }): WebServer {
  const serve = createWebClient({
    dist: config.WEB_FOLDER,
    basePath: config.BASE_PATH,
    origins: config.PUBLIC_ORIGINS,
  })
  const server = createGuardedServer((request, response) => {
    stripBasePath(request, config.BASE_PATH)
    serve(request, response)
  })
  const admin = createAdminServer({
    port: config.ADMIN_PORT,
    host: config.ADMIN_HOST,
    isReady,
    metrics: createMetrics(),
  })
  let ports = { port: 0, adminPort: 0 }
  return {
    ports: () => ports,
    steps: [
      {
        name: 'http',
        async start() {
          ports = { adminPort: await admin.start(), port: await listen(server, config.PORT, config.HOST) }
        },
        async drain() {
          await delay(systemClock, config.DRAIN_DELAY_MS)
          await drainHttpServer(server)
        },
        stop() {
          server.closeAllConnections()
          return admin.stop()
        },
      },
    ],
  }
}
