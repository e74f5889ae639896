import { z } from 'zod'

/** The protocol's version. A test hashes the schemas of all messages and asks to raise it. */
export const PROTOCOL_VERSION = 1
const FIRST_PROTOCOL = 1
export const REALTIME_PATH = '/realtime'
/** In the url of a connection: the node that the client was asked to leave. */
export const AVOID_PARAMETER = 'avoid'

/** Up, as the connection's `auth`. */
export const Handshake = z.object({ token: z.string().min(1).max(8192), protocol: z.number().int() })
export type Handshake = z.infer<typeof Handshake>

/**
 * The versions that a server of this version serves, and that a client of this version speaks, the newest first: its own and the one
 * before. So nodes and pages of two versions in a row go on together while one replaces the other. [SES40] [SUB28]
 */
export function protocolsOf(version: number): readonly number[] {
  return [version, version - 1].filter((one) => one >= FIRST_PROTOCOL)
}
