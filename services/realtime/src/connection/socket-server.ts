import type { Server as HttpServer } from 'node:http'
import { REALTIME_PATH, type ErrorCode } from '@derm/contract'
import type { Clock, Logger, Signer } from '@derm/core'
import type { RedisClient } from '@derm/core/redis'
import { createAddressList, readClientAddress } from '@derm/runtime'
import { Server } from 'socket.io'
import type { RealtimeConfig } from '../config.ts'
import type { RealtimeMetrics } from '../metrics/realtime-metrics.ts'
import { createGuardedAdapter } from './adapter.ts'
import { checkOrigin } from './handshake.ts'
import { refuseUpgrade } from './refuse-upgrade.ts'
import { LimitedWebSocketServer } from './limited-web-sockets.ts'
import type { PendingPlaces } from './pending-places.ts'

const CONNECT_TIMEOUT_MS = 10_000

export type SocketServerOptions = {
  http: HttpServer
  config: RealtimeConfig
  logger: Logger
  metrics: RealtimeMetrics
  adapterSigner: Signer
  adapterPub: RedisClient
  adapterSub: RedisClient
  clock: Pick<Clock, 'now'>
  /** It takes nobody, or nobody who was asked to avoid it. */
  refuses: (avoided: string | null) => boolean
  pending: PendingPlaces
}

/** The Socket.IO server: WebSocket only, nothing compressed, origins checked before anything else, then a place taken. [SES1] [SES26] */
export function createSocketServer(options: SocketServerOptions): Server {
  const { http, config, logger, metrics, refuses, pending } = options
  const isTrusted = createAddressList(config.TRUSTED_PROXIES)
  const isLoggedNow = createLogPace()
  return new Server(http, {
    path: REALTIME_PATH,
    serveClient: false,
    wsEngine: LimitedWebSocketServer,
    transports: ['websocket'],
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: config.MAX_PACKET_BYTES,
    connectTimeout: CONNECT_TIMEOUT_MS,
    pingInterval: 20_000,
    pingTimeout: 15_000,
    adapter: createGuardedAdapter(
      options.adapterPub,
      options.adapterSub,
      options.adapterSigner,
      (fault, error) => {
        metrics.foreignMessages.inc({ where: 'adapter' })
        if (isLoggedNow())
          logger.warn({ reason: fault, ...(error ? { error } : {}) }, 'a message between servers was refused')
      },
      () => options.clock.now(),
    ),
    allowRequest: (request, decide) => {
      const answer = (code: ErrorCode | null) => {
        if (code) metrics.handshakesRefused.inc({ code })
        decide(code, code === null)
      }
      if (refuses(new URL(request.url ?? '/', 'http://node').searchParams.get('avoid'))) {
        metrics.handshakesRefused.inc({ code: 'server_draining' })
        return refuseUpgrade(request, 'server_draining')
      }
      const refusal = checkOrigin(request, config.PUBLIC_ORIGINS)
      if (refusal) return answer(refusal)
      pending.take(request.socket, readClientAddress(request, isTrusted), (isTaken) =>
        answer(isTaken ? null : 'too_many_connections'),
      )
    },
  })
}

/** Whoever floods the adapter's channels does not flood the log too: one line a second is enough, the metric counts them all. */
function createLogPace(): () => boolean {
  let loggedAt = -Infinity
  return () => {
    const now = performance.now()
    if (now - loggedAt < 1000) return false
    loggedAt = now
    return true
  }
}
