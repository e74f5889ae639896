import { z } from 'zod'

/** Down: the node is being replaced; it closes after this time. */
export const ServerDraining = z.object({ reconnectInMs: z.number().min(0) })
export type ServerDraining = z.infer<typeof ServerDraining>
