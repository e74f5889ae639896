import { z } from 'zod'
import { SessionId, TenantId, UserId } from '../ids.ts'

/** Between servers: the API asks the nodes for the sockets of one tenant, for its owner. Each node answers once, sealed as the question is. [OPS48] */
export const LIST_SOCKETS = 'sockets:list'

/** Sockets in one node's answer, and channels of one socket. With them an answer has a third of a megabyte at most. */
export const MAX_LISTED_SOCKETS = 200
export const MAX_LISTED_CHANNELS = 16

/** `userId`: the sockets of this user only. */
export const SocketQuestion = z.strictObject({ tenantId: TenantId, userId: UserId.optional() })
export type SocketQuestion = z.infer<typeof SocketQuestion>

const Count = z.number().int().min(0)

/** One socket of a node's answer. Of a person there is the id and nothing else. Times are ages: no two clocks are compared. */
const NodeSocket = z.strictObject({
  userId: UserId,
  sessionId: SessionId,
  connectedForMs: Count,
  /** Since it last asked its node for anything. */
  idleForMs: Count,
  /** All that it follows. */
  channelCount: Count,
  /** The first of them, within the tenant: `<scope>/<topic>`. */
  channels: z.array(z.string().max(120)).max(MAX_LISTED_CHANNELS),
})

/** `count`: the sockets that were asked for; `sockets` are the newest of them. */
export const SocketAnswer = z.strictObject({
  node: z.string().min(1).max(63),
  protocol: Count,
  count: Count,
  sockets: z.array(NodeSocket).max(MAX_LISTED_SOCKETS),
})
export type SocketAnswer = z.infer<typeof SocketAnswer>
