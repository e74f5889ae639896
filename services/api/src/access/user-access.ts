import type { SessionId, UserId } from '@derm/contract'
import { Prisma, type TenantTx } from '@derm/database'

/** How long a session stays in `user_access.ended_sessions`: longer than its last token can live, clocks included. */
const REMEMBERED = '15 minutes'

/**
 * Ends sessions of a user, one or all of them, and raises the access version: nodes that compare versions end their sockets even when the
 * message is lost. The row is locked first, so that the list is made of what is committed then.
 * @returns whether there was a session to end.
 */
export async function endSessions(
  tx: TenantTx,
  userId: UserId | string,
  sessionId?: SessionId | string,
): Promise<boolean> {
  await lockUserAccess(tx, userId)
  // By the clock that the list below is made by, and no pod's.
  const which = sessionId === undefined ? Prisma.empty : Prisma.sql`AND id = ${sessionId}::uuid`
  const count = await tx.$executeRaw`
    UPDATE sessions SET ended_at = clock_timestamp() WHERE user_id = ${userId}::uuid AND ended_at IS NULL ${which}`
  if (count === 0) return false
  await tx.$executeRaw`
    UPDATE user_access SET version = version + 1, ended_sessions = (
      SELECT coalesce(jsonb_agg(id), '[]') FROM sessions
      WHERE user_id = ${userId}::uuid AND ended_at > clock_timestamp() - ${Prisma.raw(`interval '${REMEMBERED}'`)}
    ) WHERE user_id = ${userId}::uuid`
  return true
}

/** Takes the rows until the transaction's end, in the order of their ids. */
export async function lockUserAccess(tx: TenantTx, ...userIds: string[]): Promise<void> {
  await tx.$queryRaw`SELECT user_id FROM user_access WHERE user_id = ANY(${userIds}::uuid[]) ORDER BY user_id FOR UPDATE`
}
