import type { ErrorCode, SessionId, UserId } from '@derm/contract'
import type { Logger } from '@derm/core'
import type pg from 'pg'

/** `address`: where the socket came from, as far as it is kept; `null` when it is not. With a `code` it was refused. */
type Entry = { session: SessionId; at: string; address: string | null; node: string; user?: UserId; code?: ErrorCode }

/** Why somebody who is known may not connect. What is nobody's doing, as a node that ends, is no matter of access. */
const REFUSALS: readonly ErrorCode[] = ['access_revoked', 'session_ended', 'too_many_connections']
/** A user's refusals for one reason are one entry an hour: a client that does not give up tries every few seconds. */
const REFUSED_EVERY_MS = 3_600_000
/** Above so many, those that were noted first may be noted again. */
const MAX_REFUSED = 10_000

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
 * Notes in the audit log which sessions connect sockets, and who is refused. The entries are written a second later at most, together, and not waited
 * for: a node admits nobody without Postgres for longer than five seconds, so what can be lost is what a node that is killed has not written yet. The
 * functions take the tenant from the session or user that is named: a node can note nothing but that a session which exists has connected, or that
 * a user who exists was refused.
 */
export class SocketAudit {
  private waiting: Entry[] = []
  private running: Promise<void> | null = null
  /** When a user was refused for a reason, the oldest first. */
  private readonly refusedAt = new Map<string, number>()

  constructor(private readonly options: SocketAuditOptions) {}

  note(session: SessionId, address: string | null): void {
    this.add({ session, address })
  }

  /** Of somebody whose token is good: who they are is certain, and whether they may connect is not. */
  noteRefused({ sub, sid }: { sub: UserId; sid: SessionId }, code: ErrorCode, address: string | null): void {
    if (!REFUSALS.includes(code)) return
    const key = `${sub} ${code}`
    const now = this.options.now()
    const last = this.refusedAt.get(key)
    if (last !== undefined && now - last < REFUSED_EVERY_MS) return
    this.refusedAt.delete(key)
    this.refusedAt.set(key, now)
    for (const oldest of this.refusedAt.keys()) {
      if (this.refusedAt.size <= MAX_REFUSED) break
      this.refusedAt.delete(oldest)
    }
    this.add({ session: sid, address, user: sub, code })
  }

  private add(entry: Omit<Entry, 'at' | 'node'>): void {
    const { nodeName, now, logger } = this.options
    if (this.waiting.length >= MAX_WAITING) {
      this.waiting.shift()
      logger.warn({ dropped: 1 }, 'a socket could not be audited: too many wait')
    }
    this.waiting.push({ ...entry, at: new Date(now()).toISOString(), node: nodeName })
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
      const [connected, refused] = [batch.filter(({ code }) => !code), batch.filter(({ code }) => code)]
      if (connected.length > 0) await client.query('SELECT record_sockets($1::jsonb)', [JSON.stringify(connected)])
      if (refused.length > 0) await client.query('SELECT record_refused_sockets($1::jsonb)', [JSON.stringify(refused)])
      await client.query('COMMIT')
      client.release()
    } catch (error) {
      client.release(true)
      throw error
    }
  }
}
