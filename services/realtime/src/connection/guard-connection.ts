import type { Server, Socket } from 'socket.io'
import { TokenBucket } from './token-bucket.ts'

type Conn = Socket['conn']

/**
 * Limits what a connection may send before Socket.IO has taken it apart, and counts what cannot be taken apart: requests to connect, also
 * to namespaces that do not exist, pass no middleware of a socket. [SES9]
 */
export function guardConnections(
  io: Server,
  limit: { burst: number; rate: number },
  {
    onRefused,
    onFlood,
  }: {
    onRefused: (code: 'packet_too_large' | 'packet_malformed') => void
    /** Ends the connection. */
    onFlood: (conn: Conn) => void
  },
): void {
  io.engine.on('connection', (conn: Conn & { transport: { socket?: NodeJS.EventEmitter } }) => {
    const bucket = new TokenBucket(limit.burst, limit.rate)
    conn.prependListener('data', () => {
      if (conn.readyState === 'open' && !bucket.take()) onFlood(conn)
    })
    conn.transport.socket?.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith('WS_ERR_'))
        onRefused(error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'packet_too_large' : 'packet_malformed')
    })
    conn.on('close', (reason: string) => {
      if (reason === 'parse error') onRefused('packet_malformed')
    })
  })
}
