import { PERMISSIONS, type Action, type Role } from '@derm/contract'
import { ids, type SignedIn, type TestPod } from './test-pod.ts'

/** One practice, as an aggregate's fixtures see it. */
export type World = {
  tenantId: string
  /** Where things are made, and where every seeded role works. */
  location: Place
  /** A location in which only those work who work everywhere. */
  elsewhere: Place
  patientIds: readonly string[]
  /** An hour of its own for each call, weeks after the seed's. */
  slot: () => { startsAt: string; endsAt: string }
  /** Who may do the action everywhere, signed in. */
  as: (action: Action) => Promise<SignedIn>
  sql: TestPod['sql']
}
export type Place = { id: string; providerIds: string[]; roomIds: string[] }

/** The seeded account of each role. */
export const ACCOUNT: Record<Role, string> = {
  owner: 'owner',
  provider: 'provider',
  medical_assistant: 'ma',
  front_desk: 'frontdesk',
  biller: 'biller',
  pathology_coordinator: 'pathology',
  auditor: 'auditor',
}
/** Roles whose account works in some locations only: none of them in `elsewhere`. */
export const LOCAL_ROLES: readonly Role[] = ['provider', 'medical_assistant', 'front_desk']
const LICENSED: readonly Role[] = ['provider']

let hours = 0

export function createWorld(pod: TestPod, practice: 'lakeside' | 'summit'): World {
  const { tenantId, locations, patientIds } = ids[practice]
  const [location, elsewhere] = practice === 'lakeside' ? ['downtown', 'harbor'] : ['main', 'desert']
  return {
    tenantId,
    location: locations[location] as Place,
    elsewhere: locations[elsewhere] as Place,
    patientIds,
    slot() {
      const start = Date.UTC(2027, 5, 1) + hours++ * 3_600_000
      return { startsAt: new Date(start).toISOString(), endsAt: new Date(start + 1_800_000).toISOString() }
    },
    as: (action) => signInAs(pod, practice, rolesOf(action)[0] ?? 'owner'),
    sql: pod.sql,
  }
}

export function signInAs(pod: TestPod, practice: 'lakeside' | 'summit', role: Role): Promise<SignedIn> {
  return pod.signIn(ids[practice].users[ACCOUNT[role]]?.email as string)
}

/** The roles whose seeded account may do the action; those first that may do it everywhere. */
export function rolesOf(action: Action): Role[] {
  const { may, ifLicensed = [] } = PERMISSIONS[action] as { may: readonly Role[]; ifLicensed?: readonly Role[] }
  const roles = [...may, ...ifLicensed.filter((role) => LICENSED.includes(role))]
  return roles.toSorted((a, b) => Number(LOCAL_ROLES.includes(a)) - Number(LOCAL_ROLES.includes(b)))
}
