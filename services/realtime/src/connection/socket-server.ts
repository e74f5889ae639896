import type { Server as HttpServer } from 'node:http'
import { REALTIME_PATH } from '@derm/contract'
import type { Logger } from '@derm/core'
import type { Redis } from 'ioredis'
import { Server } from 'socket.io'
import type { RealtimeConfig } from '../config.ts'
import type { RealtimeMetrics } from '../metrics/realtime-metrics.ts'
import { createGuardedAdapter } from './adapter.ts'
import { checkOrigin } from './handshake.ts'

const CONNECT_TIMEOUT_MS = 10_000

export type SocketServerOptions = {
  http: HttpServer
  config: RealtimeConfig
  logger: Logger
  metrics: RealtimeMetrics
  adapterPub: Redis
  adapterSub: Redis
  isDraining: () => boolean
}

/** The Socket.IO server: WebSocket only, nothing compressed, origins checked before anything else. [SES1] */
export function createSocketServer(options: SocketServerOptions): Server {
  const { http, config, logger, metrics, isDraining } = options
  return new Server(http, {
    path: REALTIME_PATH,
    serveClient: false,
    transports: ['websocket'],
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: config.MAX_PACKET_BYTES,
    connectTimeout: CONNECT_TIMEOUT_MS,
    pingInterval: 20_000,
    pingTimeout: 15_000,
    adapter: createGuardedAdapter(options.adapterPub, options.adapterSub, (error) => {
      metrics.foreignMessages.inc({ where: 'adapter' })
      logger.warn({ error }, 'a message between nodes was malformed')
    }),
    allowRequest: (request, decide) => {
      const code = isDraining() ? 'server_draining' : checkOrigin(request, config.PUBLIC_ORIGINS)
      if (code) metrics.handshakesRefused.inc({ code })
      decide(code, code === null)
    },
  })
}
