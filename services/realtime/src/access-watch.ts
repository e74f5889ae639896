import { CodedError, type UserId } from '@derm/contract'
import type { Logger } from '@derm/service'
import type pg from 'pg'
import { AccessRow } from './access-row.ts'

/**
 * Reads the access rows of connected users, again and again, and compares the versions in full. A node whose last confirmation is
 * too old delivers nothing and admits nobody. [SEC3] [SEC4]
 */
export class AccessWatch {
  private readonly known = new Map<UserId, AccessRow>()
  private confirmedAt = -Infinity
  private checking: Promise<void> | undefined
  private timer: NodeJS.Timeout | undefined
  private isStopped = false
  private wasConfirmed = false

  constructor(
    private readonly options: {
      pool: Pick<pg.Pool, 'query'>
      logger: Logger
      everyMs: number
      maxAgeMs: number
      /** The users that have sockets here. */
      connected: () => Iterable<UserId>
      /** Carries a change out; `null`: the row is gone. Synchronous: when it returns, no frame goes out that must not. */
      onChange: (userId: UserId, row: AccessRow | null) => void
      /** Access is confirmed again, after it was not. */
      onConfirmedAgain: () => void
      now?: () => number
    },
  ) {}

  start(): void {
    this.schedule()
  }

  stop(): void {
    this.isStopped = true
    clearTimeout(this.timer)
  }

  get ageMs(): number {
    return this.now() - this.confirmedAt
  }

  isConfirmed(): boolean {
    return this.ageMs < this.options.maxAgeMs
  }

  get(userId: UserId): AccessRow | undefined {
    return this.known.get(userId)
  }

  forget(userId: UserId): void {
    this.known.delete(userId)
  }

  /** Reads a user's row now. @throws CodedError `access_unconfirmed` when it cannot be read. */
  async read(userId: UserId): Promise<AccessRow | null> {
    try {
      const [row] = await this.query([userId])
      if (row) this.known.set(userId, row)
      return row ?? null
    } catch (error) {
      throw new CodedError('access_unconfirmed', {}, { cause: error })
    }
  }

  /** Compares all connected users' versions, beginning now: a check that is under way began too early. */
  async confirm(): Promise<void> {
    await this.checking?.catch(() => {})
    this.checking ??= this.check().finally(() => (this.checking = undefined))
    await this.checking
  }

  private async check(): Promise<void> {
    // The confirmation is as old as the question.
    const asked = this.now()
    const users = [...this.options.connected()]
    const rows = new Map((await this.query(users)).map((row) => [row.userId, row]))
    for (const userId of users) {
      const row = rows.get(userId) ?? null
      const before = this.known.get(userId)
      if (row && before && row.version === before.version && row.active === before.active) continue
      if (row) this.known.set(userId, row)
      else this.known.delete(userId)
      this.options.onChange(userId, row)
    }
    this.confirmedAt = asked
    if (!this.wasConfirmed) {
      this.wasConfirmed = true
      this.options.onConfirmedAgain()
    }
  }

  private async query(users: readonly UserId[]): Promise<AccessRow[]> {
    const { rows } = await this.options.pool.query(
      'SELECT user_id, tenant_id, version, active, grants, locations, ended_sessions FROM user_access WHERE user_id = ANY ($1::uuid[])',
      [users],
    )
    return rows.map((row) => AccessRow.parse(row))
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.wasConfirmed &&= this.isConfirmed()
      this.confirm()
        .catch((error: unknown) => this.options.logger.warn({ error }, 'access could not be confirmed'))
        .finally(() => {
          if (!this.isStopped) this.schedule()
        })
    }, this.options.everyMs)
  }

  private now(): number {
    return (this.options.now ?? performance.now.bind(performance))()
  }
}
