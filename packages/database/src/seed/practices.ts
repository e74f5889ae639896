import type { LocationId, Role, TenantId, UserId } from '@derm/contract'
import { stableId } from './stable-id.ts'

/** The two practices of the seed: who they are, with ids that never change. */
export type SeedLocation = {
  id: LocationId
  key: string
  name: string
  timeZone: string
  opensAt: string
  closesAt: string
  rooms: { id: string; name: string }[]
}
type SeedUser = {
  id: UserId
  key: string
  email: string
  displayName: string
  /** What the sign-in page calls the account. */
  label: string
  role: Role
  /** The keys of the locations in which the role holds; all, now and later, when null. */
  locationKeys: readonly string[] | null
}
export type SeedPractice = {
  id: TenantId
  key: string
  name: string
  locations: SeedLocation[]
  users: SeedUser[]
}

export const SEED_PASSWORD = 'dermlive'
const ROOMS = ['Exam 1', 'Exam 2', 'Exam 3', 'Exam 4', 'Exam 5', 'Exam 6', 'Procedure']

const ROLE_LABELS: Record<Role, string> = {
  owner: 'Owner',
  provider: 'Provider',
  medical_assistant: 'Medical assistant',
  front_desk: 'Front desk',
  biller: 'Biller',
  pathology_coordinator: 'Pathology coordinator',
  auditor: 'Auditor',
}

type Site = readonly [key: string, name: string, timeZone: string, opensAt: string, closesAt: string]

export const PRACTICES: readonly SeedPractice[] = [
  describePractice('lakeside', 'Lakeside Dermatology', [
    ['downtown', 'Lakeside Downtown', 'America/Chicago', '08:00', '17:00'],
    ['north', 'Lakeside North', 'America/Chicago', '07:30', '16:30'],
    ['harbor', 'Lakeside Harbor', 'America/Detroit', '08:30', '17:30'],
  ]),
  describePractice('summit', 'Summit Skin Clinic', [
    ['main', 'Summit Denver', 'America/Denver', '08:00', '17:00'],
    ['north', 'Summit Boulder', 'America/Denver', '07:00', '16:00'],
    ['desert', 'Summit Phoenix', 'America/Phoenix', '07:30', '16:30'],
  ]),
]

function describePractice(key: string, name: string, sites: readonly [Site, Site, ...Site[]]): SeedPractice {
  const [first, second] = sites
  const user = (
    prefix: string,
    displayName: string,
    role: Role,
    locationKeys: readonly string[] | null,
    where: string,
  ): SeedUser => ({
    id: stableId(`${key}/user/${prefix}`) as UserId,
    key: prefix,
    email: `${prefix}@${key}.example`,
    displayName,
    label: `${ROLE_LABELS[role]}, ${where}`,
    role,
    locationKeys,
  })
  return {
    id: stableId(`${key}`) as TenantId,
    key,
    name,
    locations: sites.map(([siteKey, siteName, timeZone, opensAt, closesAt]) => ({
      id: stableId(`${key}/location/${siteKey}`) as LocationId,
      key: siteKey,
      name: siteName,
      timeZone,
      opensAt,
      closesAt,
      rooms: ROOMS.map((room) => ({ id: stableId(`${key}/room/${siteKey}/${room}`), name: room })),
    })),
    users: [
      user('frontdesk', 'Dana Whitfield', 'front_desk', [first[0]], first[1]),
      user('frontdesk.north', 'Noor Castellan', 'front_desk', [second[0]], second[1]),
      user('provider', 'Dr. Priya Raman', 'provider', [first[0], second[0]], `${first[1]} and ${second[1]}`),
      user('ma', 'Mateo Aldana', 'medical_assistant', [first[0]], first[1]),
      user('owner', 'Olivia Brandt', 'owner', null, 'all locations'),
      user('biller', 'Bea Lindqvist', 'biller', null, 'all locations'),
      user('pathology', 'Paul Okafor', 'pathology_coordinator', null, 'all locations'),
      user('auditor', 'Audrey Stein', 'auditor', null, 'all locations'),
    ],
  }
}
