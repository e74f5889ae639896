import {
  MAX_LISTED_CHANNELS,
  MAX_LISTED_SOCKETS,
  PROTOCOL_VERSION,
  SocketQuestion,
  toChannelKey,
  type SocketAnswer,
} from '@derm/contract'
import type { Member } from './member.ts'
import type { Members } from './members.ts'

/** The sockets of one tenant on this node, the newest first and no more than fit. A question that cannot be read has no answer. [OPS48] */
export function listSockets(
  members: Pick<Members, 'all' | 'ofUser'>,
  node: string,
  message: unknown,
  now = performance.now(),
): SocketAnswer | null {
  const question = SocketQuestion.safeParse(message)
  if (!question.success) return null
  const { tenantId, userId } = question.data
  const asked = userId === undefined ? members.all() : members.ofUser(userId)
  // A user's id alone opens no other tenant.
  const found = asked.filter((member) => member.tenantId === tenantId).toSorted((a, b) => b.connectedAt - a.connectedAt)
  return {
    node,
    protocol: PROTOCOL_VERSION,
    count: found.length,
    sockets: found.slice(0, MAX_LISTED_SOCKETS).map((member) => describe(member, now)),
  }
}

function describe(
  { userId, sessionId, connectedAt, askedAt, channels }: Member,
  now: number,
): SocketAnswer['sockets'][number] {
  return {
    userId,
    sessionId,
    connectedForMs: Math.max(0, Math.round(now - connectedAt)),
    idleForMs: Math.max(0, Math.round(now - askedAt)),
    channelCount: channels.size,
    channels: [...channels].slice(0, MAX_LISTED_CHANNELS).map(toChannelKey),
  }
}
