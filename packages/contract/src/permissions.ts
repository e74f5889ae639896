import type { LocationId } from './ids.ts'
import type { Grant, Role } from './policy.ts'

/** Who may do an action. `ifLicensed`: only those of the role who have a provider record: an owner's role implies no licence. */
type Permission = {
  may: readonly Role[]
  ifLicensed?: readonly Role[]
  /** Needs the role in all locations, not in one. */
  wholePractice?: boolean
}

const staff = ['owner', 'provider', 'medical_assistant', 'front_desk'] as const

/** Which roles may do what: the one table that routes, transition tables, jobs and buttons read. Seeing is another one (`POLICY`). */
export const PERMISSIONS = {
  /** Appointments, waitlist, check-in, recalls. */
  schedule: { may: staff },
  demographics: { may: staff },
  insurance: { may: [...staff, 'biller'] },
  /** Notes, vitals, lesions, photos, allergies. */
  document: { may: ['provider', 'medical_assistant'], ifLicensed: ['owner'] },
  /** Sign, co-sign, add to and void a note. */
  sign: { may: ['provider'], ifLicensed: ['owner'] },
  /** Order a biopsy, review a result, tell a patient of a malignant one. */
  decide_pathology: { may: ['provider'], ifLicensed: ['owner'] },
  /** Specimens, matching reports, telling a patient of a benign result, closing. */
  handle_specimen: { may: ['owner', 'provider', 'medical_assistant', 'pathology_coordinator'] },
  /** Claims, remittances, payments, refunds. */
  bill: { may: ['owner', 'biller'] },
  take_copay: { may: ['owner', 'front_desk', 'biller'] },
  authorizations: { may: ['owner', 'provider', 'medical_assistant', 'biller'] },
  /** Prescribe, approve, cancel. */
  prescribe: { may: ['provider'], ifLicensed: ['owner'] },
  work_tasks: { may: [...staff, 'biller', 'pathology_coordinator'] },
  /** Grants, revocation, escalation chains. */
  administer: { may: ['owner'], wholePractice: true },
  /** The log is the whole practice's. */
  read_audit: { may: ['auditor'], wholePractice: true },
} as const satisfies Record<string, Permission>

export type Action = keyof typeof PERMISSIONS

/** Who acts. `locations`: all that the tenant has; without them, the location is not checked to exist. */
export type Actor = {
  grants: readonly { role: Role; locationId: string | null }[]
  locations?: readonly LocationId[]
  isLicensed: boolean
}

/** Whether the actor may do the action in a location; `null`: for what belongs to the whole tenant, in any. */
export function mayDo({ grants, locations, isLicensed }: Actor, action: Action, locationId: string | null): boolean {
  const { may, ifLicensed = [], wholePractice = false }: Permission = PERMISSIONS[action]
  if (locationId !== null && locations && !locations.some((known) => known === locationId)) return false
  return grants.some(
    ({ role, locationId: where }: Grant | Actor['grants'][number]) =>
      (may.includes(role) || (isLicensed && ifLicensed.includes(role))) &&
      (where === null || (!wholePractice && (locationId === null || where === locationId))),
  )
}
