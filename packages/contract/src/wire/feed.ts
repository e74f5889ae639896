import { z } from 'zod'

/** Down: whether the node lags, that is, whether there may be events that it does not know of or may not deliver. Repeated every 3 s. */
export const Feed = z.object({ isLate: z.boolean() })
export type Feed = z.infer<typeof Feed>
