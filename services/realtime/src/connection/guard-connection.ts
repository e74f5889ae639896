import type { Server } from 'socket.io'
import { ConnectionMeter, type Conn, type MeterHandlers, type MeterLimits } from './connection-meter.ts'

/** The meters of all connections, from the first byte after the upgrade on. */
export type Meters = WeakMap<Conn, ConnectionMeter>

/** Gives each connection its meter, and reports what cannot be taken apart. [SES9] */
export function guardConnections(
  io: Server,
  meters: Meters,
  limits: MeterLimits,
  handlers: MeterHandlers & { onUnreadable(conn: Conn): void },
): void {
  io.engine.on('connection', (conn: Conn) => {
    meters.set(conn, new ConnectionMeter(conn, limits, handlers))
    conn.on('close', (reason: string) => {
      if (reason === 'parse error') handlers.onUnreadable(conn)
    })
  })
}
