import { z } from 'zod'
import {
  TOPICS,
  TOPIC_SCOPE,
  locationChannel,
  tenantChannel,
  userChannel,
  type ChannelName,
  type ParsedChannel,
  type Topic,
} from './channel.ts'
import type { LocationId, TenantId, UserId } from './ids.ts'

export const ROLES = [
  'owner',
  'provider',
  'medical_assistant',
  'front_desk',
  'biller',
  'pathology_coordinator',
  'auditor',
] as const
export const Role = z.enum(ROLES)
export type Role = z.infer<typeof Role>

/** Which topics a role may see, on a socket and over HTTP: the one table. What a role may do is another (`PERMISSIONS`). */
export const POLICY = {
  owner: TOPICS,
  provider: [
    'scheduling',
    'patients',
    'safety',
    'clinical',
    'pathology',
    'authorizations',
    'prescriptions',
    'tasks',
    'inbox',
    'alerts',
  ],
  medical_assistant: [
    'scheduling',
    'patients',
    'safety',
    'clinical',
    'pathology',
    'authorizations',
    'prescriptions',
    'tasks',
    'inbox',
    'alerts',
  ],
  front_desk: ['scheduling', 'patients', 'accounts', 'authorizations', 'prescriptions', 'tasks', 'inbox', 'alerts'],
  biller: ['scheduling', 'patients', 'accounts', 'billing', 'authorizations', 'tasks', 'inbox', 'alerts'],
  pathology_coordinator: ['patients', 'pathology', 'tasks', 'inbox', 'alerts'],
  auditor: [],
} as const satisfies Record<Role, readonly Topic[]>

/** A role in one location, or in all of the tenant's, now and later (`null`). */
export type Grant = { role: Role; locationId: LocationId | null }

/** Who asks: made only from a verified token and the user's current access row. */
export type Principal = {
  tenantId: TenantId
  userId: UserId
  grants: readonly Grant[]
  /** Every location of the tenant: what `null` in a grant covers. */
  locations: readonly LocationId[]
}

const topicsOf = (role: Role): readonly Topic[] => POLICY[role]

/**
 * What was found for a principal, per topic: who belongs to thousands of locations is asked about each of them, in one request. A
 * principal is never changed.
 */
const found = new WeakMap<Principal, Map<Topic, ReadonlySet<LocationId>>>()

/** The locations in which the principal may see a topic. Only locations that exist. */
export function locationsFor(principal: Principal, topic: Topic): LocationId[] {
  return [...findLocations(principal, topic)]
}

function findLocations(principal: Principal, topic: Topic): ReadonlySet<LocationId> {
  const byTopic = found.get(principal) ?? new Map<Topic, ReadonlySet<LocationId>>()
  found.set(principal, byTopic)
  const known = byTopic.get(topic)
  if (known) return known
  const roles = principal.grants.filter((grant) => topicsOf(grant.role).includes(topic))
  const isEverywhere = roles.some(({ locationId }) => locationId === null)
  const some = new Set(roles.map(({ locationId }) => locationId))
  const locations = new Set(principal.locations.filter((id) => isEverywhere || some.has(id)))
  byTopic.set(topic, locations)
  return locations
}

/** Whether the principal may see this channel. A tenant's topic needs the role in any location. */
export function maySee(principal: Principal, channel: ParsedChannel): boolean {
  if (channel.tenantId !== principal.tenantId) return false
  if (channel.kind === 'user' && channel.userId !== principal.userId) return false
  const locations = findLocations(principal, channel.topic)
  return channel.kind === 'location' ? locations.has(channel.locationId) : locations.size > 0
}

/**
 * The channels of a topic that the principal may see; with `location`, only that one's (`'*'`: every one granted).
 * Empty when there are none: the caller says `denied`.
 */
export function grantedChannels(principal: Principal, topic: Topic, location: LocationId | '*' = '*'): ChannelName[] {
  const locations = findLocations(principal, topic)
  switch (TOPIC_SCOPE[topic]) {
    case 'location':
      return (location === '*' ? [...locations] : locations.has(location) ? [location] : []).map((id) =>
        locationChannel(principal.tenantId, id, topic),
      )
    case 'tenant':
      return locations.size > 0 ? [tenantChannel(principal.tenantId, topic)] : []
    case 'user':
      return locations.size > 0 ? [userChannel(principal.tenantId, principal.userId, topic)] : []
  }
}
