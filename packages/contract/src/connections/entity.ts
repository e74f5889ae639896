import { z } from 'zod'
import { Id } from '../ids.ts'

const Count = z.number().int().min(0)

const Connection = z.object({
  node: z.string(),
  sessionId: Id,
  connectedAt: z.iso.datetime(),
  /** When it last asked its node for anything. */
  askedAt: z.iso.datetime(),
  channelCount: Count,
  /** The first of them: `<scope>/<topic>`. */
  channels: z.array(z.string()),
})
export type Connection = z.infer<typeof Connection>

/** What a practice's owner sees of its sockets on all realtime nodes. */
export const ConnectionList = z.object({
  nodes: z.array(
    z.object({
      name: z.string(),
      /** The version of the protocol that it speaks. */
      protocol: Count,
      /** The practice's sockets there. */
      connections: Count,
      /** How many of them are listed below: the newest. */
      listed: Count,
    }),
  ),
  /** Nodes that were asked and did not answer in time: their sockets are missing. `names`: as far as they are known. */
  silent: z.object({ count: Count, names: z.array(z.string()) }),
  users: z.array(z.object({ id: Id, displayName: z.string(), connections: z.array(Connection) })),
})
export type ConnectionList = z.infer<typeof ConnectionList>

export const ConnectionQuery = z.strictObject({ userId: Id.optional() })
