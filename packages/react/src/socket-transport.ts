import { AVOID_PARAMETER, REALTIME_PATH } from '@derm/contract'
import type { Transport } from '@derm/core/client'
import { io, type Socket } from 'socket.io-client'

const ANSWER_MS = 15_000

export type SocketOptions = {
  /** For clients that are no browsers, which set the header themselves. */
  origin?: string | undefined
  /** Socket.IO's path at the url's origin. `/realtime` below the url's own path, unless said. */
  path?: string | undefined
}

/** To Socket.IO the path of a url is a namespace: what stands before `/realtime` goes into its path. [SUB25] */
function splitUrl(url: string): { origin: string; path: string } {
  const { protocol, host, pathname } = new URL(url, globalThis.location?.href)
  return { origin: `${protocol}//${host}`, path: pathname.replace(/\/+$/, '') + REALTIME_PATH }
}

/**
 * One `socket.io-client` connection at a time. The subscriber decides when to come back, so the client's own reconnecting is off.
 */
export function createSocketTransport(url: string, { origin, path }: SocketOptions = {}): Transport {
  let socket: Socket | undefined

  function end(): void {
    socket?.removeAllListeners()
    socket?.disconnect()
    socket = undefined
  }

  return {
    connect(token, handlers, { protocol, avoid }) {
      end()
      const server = splitUrl(url)
      const own = io(server.origin, {
        path: path ?? server.path,
        transports: ['websocket'],
        reconnection: false,
        forceNew: true,
        auth: { token, protocol },
        ...(avoid === undefined ? {} : { query: { [AVOID_PARAMETER]: avoid } }),
        ...(origin === undefined ? {} : { extraHeaders: { origin } }),
      })
      socket = own
      own.on('connect', () => handlers.onConnect())
      own.on('disconnect', () => {
        end()
        handlers.onDisconnect()
      })
      own.on('connect_error', (error: Error & { data?: { code?: unknown } }) => {
        end()
        const code = error.data?.code
        handlers.onRefused(typeof code === 'string' ? code : undefined)
      })
      own.onAny((name: string, body: unknown) => handlers.onMessage(name, body))
    },
    disconnect: end,
    request(name, body, answer) {
      if (!socket?.connected) return answer(undefined)
      socket
        .timeout(ANSWER_MS)
        .emit(name, body, (error: Error | null, given: unknown) => answer(error ? undefined : given))
    },
  }
}
