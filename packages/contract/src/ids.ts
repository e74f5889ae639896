import { z } from 'zod'

/**
 * Branded ids. A room or a channel can only be made from these, and these only by parsing:
 * a string that a client sent cannot be mistaken for an id that we checked.
 */
export const Id = z.uuid()

export const TenantId = Id.brand<'TenantId'>()
export const LocationId = Id.brand<'LocationId'>()
export const UserId = Id.brand<'UserId'>()
export const SessionId = Id.brand<'SessionId'>()
export type TenantId = z.infer<typeof TenantId>
export type LocationId = z.infer<typeof LocationId>
export type UserId = z.infer<typeof UserId>
export type SessionId = z.infer<typeof SessionId>

/** Who did what no person did: the actor of a job's events and audit entries, in every tenant. No user has this id, and it has no session. */
export const SYSTEM_USER_ID = '00000000-0000-4000-8000-000000000001' as UserId
