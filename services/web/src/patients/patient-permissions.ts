import { WRITERS, type User } from '@derm/contract'
import { hasRole } from '../session/access.ts'

/** A patient belongs to the practice, so a role in any location will do. */
export function mayEditPatients(user: User): boolean {
  return hasRole(user, WRITERS.patients, null)
}
