import { CodedError, type UserId } from '@derm/contract'
import type { Logger } from '@derm/core'
import type pg from 'pg'
import { readAccess, type AccessAnswers } from './access-reader.ts'
import type { Access } from './access-row.ts'
import { QuestionBatch } from './question-batch.ts'

/**
 * Reads the access rows of connected users, again and again, and compares the versions in full. A node whose last confirmation is
 * too old delivers nothing and admits nobody. [SEC3] [SEC4]
 */
export class AccessWatch {
  /** `asked`: when the question was put that this answers. */
  private readonly known = new Map<UserId, { access: Access; asked: number }>()
  private confirmedAt = -Infinity
  private checking: Promise<void> | undefined
  private readonly signIns = new QuestionBatch<UserId, AccessAnswers>((users) => this.ask(users))
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
    const answers = await this.signIns.add(userId).catch((error: unknown) => {
      throw new CodedError('access_unconfirmed', {}, { cause: error })
    })
    return answers.get(userId) ?? null
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

  private async ask(users: readonly UserId[]): Promise<AccessAnswers> {
    const asked = this.now()
    const answers = await readAccess(this.options.pool, this.options.logger, users)
    for (const userId of users) this.accept(userId, answers.get(userId) ?? null, asked)
    return answers
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
