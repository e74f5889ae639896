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

/** The locations in which the principal may see a topic. Only locations that exist. */
export function locationsFor(principal: Principal, topic: Topic): LocationId[] {
  const roles = principal.grants.filter((grant) => topicsOf(grant.role).includes(topic))
  return principal.locations.filter((id) => roles.some((grant) => grant.locationId === null || grant.locationId === id))
}

/** Whether the principal may see this channel. A tenant's topic needs the role in any location. */
export function maySee(principal: Principal, channel: ParsedChannel): boolean {
  if (channel.tenantId !== principal.tenantId) return false
  if (channel.kind === 'user' && channel.userId !== principal.userId) return false
  const locations = locationsFor(principal, channel.topic)
  return channel.kind === 'location' ? locations.includes(channel.locationId) : locations.length > 0
}

/**
 * The channels of a topic that the principal may see; with `location`, only that one's (`'*'`: every one granted).
 * Empty when there are none: the caller says `denied`.
 */
export function grantedChannels(principal: Principal, topic: Topic, location: LocationId | '*' = '*'): ChannelName[] {
  const locations = locationsFor(principal, topic)
  switch (TOPIC_SCOPE[topic]) {
    case 'location':
      return locations
        .filter((id) => location === '*' || id === location)
        .map((id) => locationChannel(principal.tenantId, id, topic))
    case 'tenant':
      return locations.length > 0 ? [tenantChannel(principal.tenantId, topic)] : []
    case 'user':
      return locations.length > 0 ? [userChannel(principal.tenantId, principal.userId, topic)] : []
  }
}
