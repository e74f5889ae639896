import type { UserId } from '@derm/contract'
import type { Logger } from '@derm/core'
import type pg from 'pg'
import { AccessRow, type Access } from './access-row.ts'

export type AccessAnswers = ReadonlyMap<UserId, Access>

/** Reads rows of `user_access`. A user without a row is not among the answers. */
export async function readAccess(
  pool: Pick<pg.Pool, 'query'>,
  logger: Logger,
  users: readonly UserId[],
): Promise<AccessAnswers> {
  const { rows } = await pool.query<{ user_id: UserId }>(
    'SELECT user_id, tenant_id, version, active, grants, locations, ended_sessions FROM user_access WHERE user_id = ANY ($1::uuid[])',
    [users],
  )
  return new Map(rows.map((row) => [row.user_id, parse(row, logger)]))
}

/** One person's row must not keep all others from being confirmed. [SEC7] */
function parse(row: { user_id: UserId }, logger: Logger): Access {
  const parsed = AccessRow.safeParse(row)
  if (parsed.success) return parsed.data
  const fields = [...new Set(parsed.error.issues.map(({ path }) => String(path[0])))]
  logger.error({ userId: row.user_id, reason: fields.join(' ') }, 'a row of user_access is not understood')
  return 'unreadable'
}
