import { Emitter } from '@socket.io/redis-emitter'
import type { Redis } from 'ioredis'
import {
  ADAPTER_KEY,
  requireRooms,
  sessionRoom,
  userRoom,
  type ErrorCode,
  type RoomName,
  type SessionId,
  type TenantId,
  type UserId,
} from '@derm/contract'

/**
 * Reaches sockets on every realtime node, through the Socket.IO adapter's channels. At most once: it only makes faster what the nodes find out
 * anyway by comparing access versions.
 */
export interface SocketRevoker {
  /** Closes the session's sockets on every node. */
  endSession(sessionId: SessionId): void
  /** Closes all of the user's sockets. */
  revokeUser(tenantId: TenantId, userId: UserId): void
  /** Tells the nodes to compare this user's access now, not within the second. */
  checkAccess(userId: UserId): void
}

/** The message between servers that `checkAccess` sends; its argument is the user's id. */
const ACCESS_CHECK = 'access:check'

export function createSocketRevoker(redis: Redis): SocketRevoker {
  const emitter = new Emitter(redis, { key: ADAPTER_KEY })
  const close = (room: RoomName, code: ErrorCode) => {
    const [target] = requireRooms([room])
    emitter.in(target as string).emit('closing', { code })
    emitter.in(target as string).disconnectSockets(true)
  }
  return {
    endSession: (sessionId) => close(sessionRoom(sessionId), 'session_ended'),
    revokeUser: (tenantId, userId) => close(userRoom(tenantId, userId), 'access_revoked'),
    checkAccess: (userId) => emitter.serverSideEmit(ACCESS_CHECK, userId),
  }
}
