import type { SessionId } from '@derm/contract'
import type { Logger } from '@derm/core'
import type pg from 'pg'

/** `address`: where the socket came from, as far as it is kept; `null` when it is not. */
type Entry = { session: SessionId; at: string; address: string | null; node: string }

export type SocketAuditOptions = {
  /** As derm_realtime: it may call the function that writes these entries, and cannot write to the log otherwise. */
  pool: Pick<pg.Pool, 'connect'>
  nodeName: string
  logger: Logger
  now: () => number
}

/** More than connect in the second between two rounds. */
const MAX_WAITING = 20_000
const MAX_AT_ONCE = 1_000

/**
 * Notes in the audit log which sessions connect sockets. The entries are written a second later at most, together, and not waited for: a node admits
 * nobody without Postgres for longer than five seconds, so what can be lost is what a node that is killed has not written yet. The function
 * takes tenant and user from the session that is named: a node can note nothing but that a session which exists has connected.
 */
export class SocketAudit {
  private waiting: Entry[] = []
  private running: Promise<void> | null = null

  constructor(private readonly options: SocketAuditOptions) {}

  note(session: SessionId, address: string | null): void {
    const { nodeName, now, logger } = this.options
    if (this.waiting.length >= MAX_WAITING) {
      this.waiting.shift()
      logger.warn({ dropped: 1 }, 'a socket could not be audited: too many wait')
    }
    this.waiting.push({ session, address, at: new Date(now()).toISOString(), node: nodeName })
  }

  /** Writes what waits. What fails waits on. */
  flush(): Promise<void> {
    this.running ??= this.write().finally(() => (this.running = null))
    return this.running
  }

  private async write(): Promise<void> {
    const { logger } = this.options
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, MAX_AT_ONCE)
      try {
        await this.send(batch)
      } catch (error) {
        logger.warn({ error, count: this.waiting.length }, 'sockets could not be audited yet')
        return
      }
      this.waiting.splice(0, batch.length)
    }
  }

  /** The role reads only, unless a transaction says otherwise. */
  private async send(batch: readonly Entry[]): Promise<void> {
    const client = await this.options.pool.connect()
    try {
      await client.query('BEGIN READ WRITE')
      await client.query('SELECT record_sockets($1::jsonb)', [JSON.stringify(batch)])
      await client.query('COMMIT')
      client.release()
    } catch (error) {
      client.release(true)
      throw error
    }
  }
}
