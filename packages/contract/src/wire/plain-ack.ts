import { z } from 'zod'

/** `code`: of the error catalogue. A client may meet codes of a later catalogue. */
export const RefusedAck = z.object({ ok: z.literal(false), code: z.string().max(60), message: z.string().max(200) })
export type RefusedAck = z.infer<typeof RefusedAck>

/** Down: the answer to a request that asks for nothing. */
export const PlainAck = z.union([z.object({ ok: z.literal(true) }), RefusedAck])
export type PlainAck = z.infer<typeof PlainAck>
