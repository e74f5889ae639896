import type { Clock } from '../clock.ts'
import { NEXT_STATUS, type Connection, type ConnectionSignal } from './connection-status.ts'

/** The connection's status, as it is told to the application. */
export class ConnectionState {
  private connection: Connection
  /** Since when what is shown may be old. Survives reconnects, until the connection is live again. */
  private delayedSince: number | undefined

  constructor(
    private readonly clock: Clock,
    private readonly onChange: (connection: Connection) => void,
  ) {
    this.connection = { status: 'idle', since: clock.now() }
  }

  get current(): Connection {
    return this.connection
  }

  /** Whether the subscriber is to have a connection. */
  get isStarted(): boolean {
    return this.connection.status !== 'idle' && this.connection.status !== 'stopped'
  }

  /** Told with the next signal. */
  setNode(node: string): void {
    this.connection = { ...this.connection, node }
  }

  signal(signal: ConnectionSignal, code?: string): void {
    const before = this.connection
    const status = NEXT_STATUS[before.status][signal]
    const since = status === before.status ? before.since : this.clock.now()
    if (status === 'live' || status === 'idle') this.delayedSince = undefined
    if (status === 'delayed') this.delayedSince ??= since
    const why = status === 'stopped' ? (code ?? before.code) : undefined
    this.connection = {
      status,
      since: status === 'delayed' ? this.delayedSince! : since,
      ...(why === undefined ? {} : { code: why }),
      ...(before.node === undefined ? {} : { node: before.node }),
    }
    this.onChange(this.connection)
  }
}
