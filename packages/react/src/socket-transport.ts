import { PROTOCOL_VERSION, REALTIME_PATH } from '@derm/contract'
import type { Transport } from '@derm/core/client'
import { io, type Socket } from 'socket.io-client'

const ANSWER_MS = 15_000

/**
 * One `socket.io-client` connection at a time. The subscriber decides when to come back, so the client's own reconnecting is off.
 * `origin`: for clients that are no browsers, which set the header themselves.
 */
export function createSocketTransport(url: string, { origin }: { origin?: string } = {}): Transport {
  let socket: Socket | undefined

  function end(): void {
    socket?.removeAllListeners()
    socket?.disconnect()
    socket = undefined
  }

  return {
    connect(token, handlers) {
      end()
      const own = io(url, {
        path: REALTIME_PATH,
        transports: ['websocket'],
        reconnection: false,
        forceNew: true,
        auth: { token, protocol: PROTOCOL_VERSION },
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
