import { z } from 'zod'
import { Id, type LocationId, type TenantId, type UserId } from './ids.ts'

/**
 * Channel = tenant + scope + topic: the unit of ordering, history, subscription and access.
 * Its name is `<tenantId>/<scope>/<topic>`, scope `l:<locationId>`, `t` or `u:<userId>`.
 */
export const TOPICS = [
  'scheduling',
  'patients',
  'accounts',
  'safety',
  'clinical',
  'pathology',
  'billing',
  'authorizations',
  'prescriptions',
  'tasks',
  'inbox',
  'alerts',
] as const
export const Topic = z.enum(TOPICS)
export type Topic = z.infer<typeof Topic>

export type ScopeKind = 'location' | 'tenant' | 'user'

/** The kind of scope that each topic's events travel in. Postgres knows it too (`topics_of`); a test compares the two. */
export const TOPIC_SCOPE = {
  scheduling: 'location',
  patients: 'tenant',
  accounts: 'tenant',
  safety: 'tenant',
  clinical: 'location',
  pathology: 'location',
  billing: 'tenant',
  authorizations: 'tenant',
  prescriptions: 'location',
  tasks: 'location',
  inbox: 'user',
  alerts: 'user',
} as const satisfies Record<Topic, ScopeKind>

export type ChannelName = string & z.$brand<'ChannelName'>

export function locationChannel(tenantId: TenantId, locationId: LocationId, topic: Topic): ChannelName {
  return `${tenantId}/l:${locationId}/${topic}` as ChannelName
}
export function tenantChannel(tenantId: TenantId, topic: Topic): ChannelName {
  return `${tenantId}/t/${topic}` as ChannelName
}
export function userChannel(tenantId: TenantId, userId: UserId, topic: Topic): ChannelName {
  return `${tenantId}/u:${userId}/${topic}` as ChannelName
}

/** `<scope>/<topic>`: names a channel within its tenant. `As-Of` is keyed by it. */
export type ChannelKey = string & z.$brand<'ChannelKey'>

/** `<tenantId>/<scope>/<topic>` → `<scope>/<topic>`. */
export function toChannelKey(channel: string): ChannelKey {
  return channel.slice(channel.indexOf('/') + 1) as ChannelKey
}

export type ParsedChannel = {
  name: ChannelName
  tenantId: TenantId
  topic: Topic
  key: ChannelKey
} & ({ kind: 'location'; locationId: LocationId } | { kind: 'tenant' } | { kind: 'user'; userId: UserId })

const isId = (value: string | undefined): value is string => Id.safeParse(value).success

/** Parses a channel's name; `null` for anything that is not one, a topic in the wrong kind of scope included. */
export function parseChannel(name: string): ParsedChannel | null {
  const [tenant, scope, topic, ...rest] = name.split('/')
  if (rest.length > 0 || !isId(tenant) || scope === undefined) return null
  const parsedTopic = Topic.safeParse(topic)
  if (!parsedTopic.success) return null
  const base = {
    name: name as ChannelName,
    tenantId: tenant as TenantId,
    topic: parsedTopic.data,
    key: `${scope}/${parsedTopic.data}` as ChannelKey,
  }
  const kind = TOPIC_SCOPE[parsedTopic.data]
  if (kind === 'tenant') return scope === 't' ? { ...base, kind } : null
  const id = scope.slice(2)
  if (!isId(id)) return null
  if (kind === 'location') return scope.startsWith('l:') ? { ...base, kind, locationId: id as LocationId } : null
  return scope.startsWith('u:') ? { ...base, kind, userId: id as UserId } : null
}

export const ChannelName: z.ZodType<ChannelName, string> = z
  .string()
  .max(200)
  .refine((name): name is ChannelName => parseChannel(name) !== null, 'not a channel name')
  .transform((name) => name)

/** `<scope>/<topic>` → the channel of that tenant; `null` when it is none. */
export function channelOfTenant(tenantId: TenantId, key: string): ChannelName | null {
  return parseChannel(`${tenantId}/${key}`)?.name ?? null
}
