import { z } from 'zod'
import { SessionId, UserId } from '../ids.ts'

/**
 * Between servers: the API tells the nodes to end a session's or a user's sockets. The node says `closing` with the code itself: a client hears
 * the protocol's words from its node alone. At most once: what it makes faster, the nodes find out anyway.
 */
export const END_SOCKETS = 'sockets:end'

export const EndSockets = z.union([
  z.strictObject({ code: z.literal('session_ended'), sessionId: SessionId }),
  z.strictObject({ code: z.literal('access_revoked'), userId: UserId }),
])
export type EndSockets = z.infer<typeof EndSockets>
