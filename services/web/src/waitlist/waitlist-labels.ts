import type { WaitlistRemovalCode } from '@derm/contract'

export const REMOVAL_LABEL = {
  patient_request: 'Patient asked to be taken off',
  unreachable: 'Could not be reached',
  seen_elsewhere: 'Seen elsewhere',
  duplicate: 'On the list twice',
  other: 'Other reason',
} as const satisfies Record<WaitlistRemovalCode, string>
