import { z } from 'zod'

/** The protocol's version. A test hashes the schemas of all messages and asks to raise it. */
export const PROTOCOL_VERSION = 1
export const REALTIME_PATH = '/realtime'

/** Up, as the connection's `auth`. */
export const Handshake = z.object({ token: z.string().min(1).max(8192), protocol: z.literal(PROTOCOL_VERSION) })
export type Handshake = z.infer<typeof Handshake>
