import { z } from 'zod'

/** Down: reconnect after this time, and not to `node`, which is being replaced or has too many. Until then everything goes on. */
export const ServerDraining = z.object({ reconnectInMs: z.number().min(0), node: z.string().max(63).optional() })
export type ServerDraining = z.infer<typeof ServerDraining>
