import type { Role, User } from '@derm/contract'

const ROLE_LABEL = {
  owner: 'Owner',
  provider: 'Provider',
  medical_assistant: 'Medical assistant',
  front_desk: 'Front desk',
  biller: 'Biller',
  pathology_coordinator: 'Pathology coordinator',
  auditor: 'Auditor',
} as const satisfies Record<Role, string>

/** The user's roles, each once, in words. */
export function roleNames(user: User): string {
  return [...new Set(user.grants.map(({ role }) => ROLE_LABEL[role]))].join(', ')
}
