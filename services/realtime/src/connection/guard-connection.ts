import type { Server } from 'socket.io'
import { ConnectionMeter, type Conn, type MeterHandlers, type MeterLimits } from './connection-meter.ts'

/** The meters of all connections, from the first byte after the upgrade on. */
export type Meters = { of(conn: Conn): ConnectionMeter | undefined }

/** Gives each connection its meter, and reports what cannot be taken apart. [SES9] */
export function guardConnections(
  io: Server,
  limits: MeterLimits,
  handlers: MeterHandlers & { onUnreadable(conn: Conn): void },
): Meters {
  const meters = new WeakMap<Conn, ConnectionMeter>()
  io.engine.on('connection', (conn: Conn) => {
    meters.set(conn, new ConnectionMeter(conn, limits, handlers))
    conn.on('close', (reason: string) => {
      if (reason === 'parse error') handlers.onUnreadable(conn)
    })
  })
  return { of: (conn) => meters.get(conn) }
}
