import { CodedError, type UserId } from '@derm/contract'
import type { Logger } from '@derm/service'
import type pg from 'pg'
import { AccessRow } from './access-row.ts'

/**
 * Reads the access rows of connected users, again and again, and compares the versions in full. A node whose last confirmation is
 * too old delivers nothing and admits nobody. [SEC3] [SEC4]
 */
export class AccessWatch {
  /** `asked`: when the question was put that this answers. */
  private readonly known = new Map<UserId, { row: AccessRow; asked: number }>()
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
    return this.known.get(userId)?.row
  }

  forget(userId: UserId): void {
    this.known.delete(userId)
  }

  /** Reads a user's row now. @throws CodedError `access_unconfirmed` when it cannot be read. */
  async read(userId: UserId): Promise<AccessRow | null> {
    const asked = this.now()
    const [row] = await this.query([userId]).catch((error: unknown) => {
      throw new CodedError('access_unconfirmed', {}, { cause: error })
    })
    this.accept(userId, row ?? null, asked)
    return row ?? null
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
    for (const userId of users) this.accept(userId, rows.get(userId) ?? null, asked)
    // A handshake that broke off leaves its row behind.
    const connected = new Set(this.options.connected())
    for (const userId of this.known.keys()) if (!connected.has(userId)) this.known.delete(userId)
    this.confirmedAt = asked
    if (!this.wasConfirmed) {
      this.wasConfirmed = true
      this.options.onConfirmedAgain()
    }
  }

  /**
   * A change is carried out on all of the user's sockets whoever found it: a sign-in that only took note of it would leave the sockets
   * of before as they are. The answer to an earlier question never replaces a later one's. [SEC5]
   */
  private accept(userId: UserId, row: AccessRow | null, asked: number): void {
    const before = this.known.get(userId)
    if (before && before.asked > asked) return
    if (row) this.known.set(userId, { row, asked })
    else this.known.delete(userId)
    if (before ? row?.version !== before.row.version : !row) this.options.onChange(userId, row)
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
