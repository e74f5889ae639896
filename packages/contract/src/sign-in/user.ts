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

/** One account has one spelling: what people and keyboards add to it is taken away before it is looked at. */
const SignInName = z.string().max(400).normalize('NFKC').trim().toLowerCase().pipe(z.email().max(200))
export const LoginRequest = z.strictObject({ email: SignInName, password: z.string().min(1).max(200) })
/**
 * `expiresIn`: seconds. `refusedSignIns`: how often somebody gave a wrong password for this account: at sign-in since the one before, at
 * a renewal since the session began. `null`: nobody did.
 */
export const LoginResponse = z.object({
  accessToken: z.string(),
  expiresIn: z.number(),
  user: User,
  refusedSignIns: z.object({ count: z.number().int().min(1), lastAt: z.iso.datetime() }).nullable(),
})
export type LoginResponse = z.infer<typeof LoginResponse>

export const GrantsUpdate = z.strictObject({ grants: z.array(Grant).max(100) })
