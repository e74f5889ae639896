import { POLICY, type Role, type Topic, type User } from '@derm/contract'

const topicsOf = (role: Role): readonly Topic[] => POLICY[role]

/** Whether the user sees a topic in a location, or in any when `locationId` is `null`: by the table that the API and the realtime nodes ask. */
export function seesTopic({ grants }: User, topic: Topic, locationId: string | null = null): boolean {
  return grants.some(
    ({ role, locationId: where }) =>
      topicsOf(role).includes(topic) && (locationId === null || where === null || where === locationId),
  )
}
