import { CodedError, type UserId } from '@derm/contract'
import type { Logger } from '@derm/core'
import type pg from 'pg'
import { AccessRow, type Access } from './access-row.ts'

type Answers = ReadonlyMap<UserId, Access>

/**
 * Reads the access rows of connected users, again and again, and compares the versions in full. A node whose last confirmation is
 * too old delivers nothing and admits nobody. [SEC3] [SEC4]
 */
export class AccessWatch {
  /** `asked`: when the question was put that this answers. */
  private readonly known = new Map<UserId, { access: Access; asked: number }>()
  private confirmedAt = -Infinity
  private checking: Promise<void> | undefined
  /** The question for rows that is on its way, and who goes with the next one. */
  private reading: Promise<unknown> | undefined
  private waiting: ReturnType<AccessWatch['beginBatch']> | undefined
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
      onChange: (userId: UserId, access: Access | null) => void
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

  get(userId: UserId): Access | undefined {
    return this.known.get(userId)?.access
  }

  forget(userId: UserId): void {
    this.known.delete(userId)
  }

  /** Reads a user's row, beginning now. @throws CodedError `access_unconfirmed` when Postgres does not answer. */
  async read(userId: UserId): Promise<Access | null> {
    this.waiting ??= this.beginBatch()
    this.waiting.users.add(userId)
    const answers = await this.waiting.answers.catch((error: unknown) => {
      throw new CodedError('access_unconfirmed', {}, { cause: error })
    })
    return answers.get(userId) ?? null
  }

  /**
   * Who comes while a question is on its way goes with the next one: when thousands come back at once, a question for each would
   * have the comparison wait behind them all, until access counts as unconfirmed.
   */
  private beginBatch(): { users: Set<UserId>; answers: Promise<Answers> } {
    const users = new Set<UserId>()
    const earlier = this.reading
    const ask = async () => {
      await earlier?.catch(() => {})
      this.waiting = undefined
      return this.ask([...users])
    }
    const answers = ask()
    this.reading = answers
    return { users, answers }
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
    await this.ask([...this.options.connected()])
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
  private accept(userId: UserId, access: Access | null, asked: number): void {
    const before = this.known.get(userId)
    if (before && before.asked > asked) return
    if (access) this.known.set(userId, { access, asked })
    else this.known.delete(userId)
    const isChanged = before ? versionOf(access) !== versionOf(before.access) : versionOf(access) === null
    if (isChanged) this.options.onChange(userId, access)
  }

  private async ask(users: readonly UserId[]): Promise<Answers> {
    const asked = this.now()
    const answers = await this.query(users)
    for (const userId of users) this.accept(userId, answers.get(userId) ?? null, asked)
    return answers
  }

  private async query(users: readonly UserId[]): Promise<Answers> {
    const { rows } = await this.options.pool.query<{ user_id: UserId }>(
      'SELECT user_id, tenant_id, version, active, grants, locations, ended_sessions FROM user_access WHERE user_id = ANY ($1::uuid[])',
      [users],
    )
    return new Map(rows.map((row) => [row.user_id, this.parse(row)]))
  }

  /** One person's row must not keep all others from being confirmed. [SEC7] */
  private parse(row: { user_id: UserId }): Access {
    const parsed = AccessRow.safeParse(row)
    if (parsed.success) return parsed.data
    const fields = [...new Set(parsed.error.issues.map(({ path }) => String(path[0])))]
    this.options.logger.error(
      { userId: row.user_id, reason: fields.join(' ') },
      'a row of user_access is not understood',
    )
    return 'unreadable'
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

/** What tells one state of a user's access from another; `null`: they may not be here. */
function versionOf(access: Access | null): number | null {
  return access && access !== 'unreadable' ? access.version : null
}
