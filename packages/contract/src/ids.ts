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
