import { z } from 'zod'

/** Down, as the `data` of a `connect_error`: why the handshake was refused. `code`: of the error catalogue. */
export const Refusal = z.object({ code: z.string().max(60), client: z.string().max(20) })
export type Refusal = z.infer<typeof Refusal>
