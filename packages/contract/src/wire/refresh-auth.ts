import { z } from 'zod'

/** Up: `socket.emit('auth:refresh', { token }, ack)`, with a new token of the same session. */
export const RefreshRequest = z.strictObject({ token: z.string().min(1).max(8192) })
export type RefreshRequest = z.infer<typeof RefreshRequest>
