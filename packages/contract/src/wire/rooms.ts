import type { SessionId, TenantId, UserId } from '../ids.ts'

/**
 * Socket.IO rooms. They are made here and nowhere else, from branded ids: no text of a client's becomes a room,
 * and none is ever empty (to Socket.IO an empty list of rooms means everybody).
 */
export type RoomName = string & { readonly __room: true }

export const userRoom = (tenantId: TenantId, userId: UserId) => `u:${tenantId}/${userId}` as RoomName
export const sessionRoom = (sessionId: SessionId) => `s:${sessionId}` as RoomName
export const tenantRoom = (tenantId: TenantId) => `t:${tenantId}` as RoomName

/** The rooms to address. @throws when there is none. */
export function requireRooms(rooms: readonly RoomName[]): RoomName[] {
  if (rooms.length === 0 || rooms.some((room) => !room))
    throw new Error('an empty list of rooms would address everybody')
  return [...rooms]
}

/** The key prefix of `@socket.io/redis-adapter`, and so of `@socket.io/redis-emitter`. */
export const ADAPTER_KEY = 'derm:io'
