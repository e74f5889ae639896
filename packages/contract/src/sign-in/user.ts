import { z } from 'zod'
import { Id } from '../ids.ts'
import { Role } from '../policy.ts'

const Grant = z.strictObject({ role: Role, locationId: Id.nullable() })

export const User = z.object({
  id: Id,
  tenantId: Id,
  tenantName: z.string(),
  displayName: z.string(),
  email: z.string(),
  grants: z.array(Grant),
  /** Whether the user is a provider of the practice: what `ifLicensed` in the permission table asks for. */
  isLicensed: z.boolean(),
})
export type User = z.infer<typeof User>

export const LoginRequest = z.strictObject({ email: z.email().max(200), password: z.string().min(1).max(200) })
/** `expiresIn`: seconds. */
export const LoginResponse = z.object({ accessToken: z.string(), expiresIn: z.number(), user: User })
export type LoginResponse = z.infer<typeof LoginResponse>

export const GrantsUpdate = z.strictObject({ grants: z.array(Grant).max(100) })
