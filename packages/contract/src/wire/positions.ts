import { z } from 'zod'
import { parseChannel, type ChannelName } from '../channel.ts'
import type { TenantId } from '../ids.ts'
import { Heads } from './heads.ts'

const Asked = z.string().max(200)

/** `GET /positions`: the channels that one shows, by name or by `<scope>/<topic>`. */
export const PositionsQuery = z.strictObject({
  channel: z.union([Asked.transform((one) => [one]), z.array(Asked).min(1).max(100)]),
})
export type PositionsQuery = z.infer<typeof PositionsQuery>

/** The answer: the positions of the channels that the caller may see. The others are not among them. */
export const PositionsPage = Heads

/** A channel of the caller's, by its name or by `<scope>/<topic>`; `null` for what is none. */
export function parseAskedChannel(tenantId: TenantId, asked: string): ChannelName | null {
  return (parseChannel(asked) ?? parseChannel(`${tenantId}/${asked}`))?.name ?? null
}
