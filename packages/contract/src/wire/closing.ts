import { z } from 'zod'

/** Down: the connection ends now. `code`: of the error catalogue, whose row says what the client does. */
export const Closing = z.object({ code: z.string().max(60) })
export type Closing = z.infer<typeof Closing>
