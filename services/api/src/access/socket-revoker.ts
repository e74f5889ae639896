import { Emitter } from '@socket.io/redis-emitter'
import { ADAPTER_KEY, END_SOCKETS, type EndSockets, type SessionId, type UserId } from '@derm/contract'
import type { Signer } from '@derm/core'
import { sealPublishing, type RedisClient } from '@derm/core/redis'

/**
 * Reaches sockets on every realtime node, through the Socket.IO adapter's channels, sealed. At most once: it only makes faster what the nodes
 * find out anyway by comparing access versions.
 */
export interface SocketRevoker {
  /** Closes the session's sockets on every node. */
  endSession(sessionId: SessionId): void
  /** Closes all of the user's sockets. */
  revokeUser(userId: UserId): void
  /** Tells the nodes to compare this user's access now, not within the second. */
  checkAccess(userId: UserId): void
}

/** The message between servers that `checkAccess` sends; its argument is the user's id. */
const ACCESS_CHECK = 'access:check'

/** `now`: the time that the nodes go by, too. */
export function createSocketRevoker(
  redis: RedisClient,
  signer: Pick<Signer, 'sign'>,
  now: () => number,
): SocketRevoker {
  const emitter = new Emitter(sealPublishing(redis, signer, { now }), { key: ADAPTER_KEY })
  const end = (order: EndSockets) => void emitter.serverSideEmit(END_SOCKETS, order)
  return {
    endSession: (sessionId) => end({ code: 'session_ended', sessionId }),
    revokeUser: (userId) => end({ code: 'access_revoked', userId }),
    checkAccess: (userId) => void emitter.serverSideEmit(ACCESS_CHECK, userId),
  }
}
