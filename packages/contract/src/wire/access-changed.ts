import { z } from 'zod'

/** Down: the channels that the user may see from now on, and those that the user may not see any more. */
export const AccessChanged = z.object({
  added: z.array(z.string().max(200)),
  removed: z.array(z.string().max(200)),
})
export type AccessChanged = z.infer<typeof AccessChanged>
