import { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { Position } from '../position.ts'

/** The protocol's version, sent in the handshake: `auth: { token, protocol: 1 }`. A test hashes the schemas and asks to raise it. */
export const PROTOCOL_VERSION = 1
export const REALTIME_PATH = '/realtime'

export const Handshake = z.object({ token: z.string().min(1).max(8192), protocol: z.literal(PROTOCOL_VERSION) })
export const RefreshRequest = z.strictObject({ token: z.string().min(1).max(8192) })

/** What the server sends besides the events themselves. */
export type ServerMessages = {
  /** The positions that this node has delivered, in line with the events. */
  heads: { channels: ({ channel: string } & Position)[] }
  resync: { channel: string } & Position
  /** Whether there may be events that this node does not know of, or may not deliver. Said when it changes. */
  feed: { isLate: boolean }
  'auth:expiring': { expiresInMs: number }
  'access:changed': { added: string[]; removed: string[] }
  'server:draining': { reconnectInMs: number }
  closing: { code: ErrorCode }
}
