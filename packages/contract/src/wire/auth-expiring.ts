import { z } from 'zod'

/** Down: the token ends soon; send `auth:refresh`. */
export const AuthExpiring = z.object({ expiresInMs: z.number() })
export type AuthExpiring = z.infer<typeof AuthExpiring>
