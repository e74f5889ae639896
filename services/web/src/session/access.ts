import { POLICY, type Role, type Topic, type User } from '@derm/contract'

/** Whether one of the roles holds for the user: in the location, or in any when `locationId` is `null`. */
export function hasRole(user: User, roles: readonly Role[], locationId: string | null): boolean {
  return user.grants.some(
    (grant) =>
      roles.includes(grant.role) &&
      (locationId === null || grant.locationId === null || grant.locationId === locationId),
  )
}

/** Whether the user sees a topic: by the same table that the API and the realtime nodes ask. */
export function seesTopic(user: User, topic: Topic, locationId: string | null = null): boolean {
  return hasRole(user, rolesThatSee(topic), locationId)
}

function rolesThatSee(topic: Topic): Role[] {
  return (Object.keys(POLICY) as Role[]).filter((role) => (POLICY[role] as readonly Topic[]).includes(topic))
}
