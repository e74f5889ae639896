import type { VerifiedToken } from '@derm/auth'
import { CodedError, type SessionId } from '@derm/contract'
import type pg from 'pg'
import { QuestionBatch } from './question-batch.ts'

type Session = { userId: string; tenantId: string }
type Sessions = ReadonlyMap<string, Session>

/**
 * Asks Postgres whether a token's session exists: a signature only says that somebody who had the key made the token. [OPS1]
 * A session that ends later is told by `user_access`.
 */
export class SessionCheck {
  private readonly questions: QuestionBatch<SessionId, Sessions>

  constructor(pool: Pick<pg.Pool, 'query'>) {
    this.questions = new QuestionBatch((ids) => readSessions(pool, ids))
  }

  /** @throws CodedError `session_ended` when it does not exist, has ended or is another user's; `access_unconfirmed` when Postgres does not answer. */
  async require({ sid, sub, tid }: Pick<VerifiedToken, 'sid' | 'sub' | 'tid'>): Promise<void> {
    const sessions = await this.questions.add(sid).catch((error: unknown) => {
      throw new CodedError('access_unconfirmed', {}, { cause: error })
    })
    const session = sessions.get(sid)
    if (session?.userId !== sub || session.tenantId !== tid) throw new CodedError('session_ended')
  }
}

async function readSessions(pool: Pick<pg.Pool, 'query'>, ids: readonly SessionId[]): Promise<Sessions> {
  const { rows } = await pool.query<Session & { id: string }>(
    `SELECT id, user_id AS "userId", tenant_id AS "tenantId" FROM sessions
     WHERE id = ANY ($1::uuid[]) AND ended_at IS NULL AND expires_at > now()`,
    [ids],
  )
  return new Map(rows.map(({ id, ...session }) => [id, session]))
}
