import { accountFollowsMerge } from './accounts/follow-merge.ts'
import type { Consequence } from './change.ts'
import { allergies } from './allergies/allergy.ts'
import { appointments } from './appointments/appointment.ts'
import { coveragesFollowMerge } from './coverages/follow-merge.ts'
import { documents } from './documents/document.ts'
import { followMerge } from './patients/follow-merge.ts'
import { closeOrReopen } from './recalls/close-or-reopen.ts'
import { recalls } from './recalls/recall.ts'
import { waitlist } from './waitlist/waitlist-entry.ts'

/** Every change that another aggregate's event brings about. */
export const CONSEQUENCES: readonly Consequence[] = [
  closeOrReopen,
  followMerge(appointments),
  followMerge(waitlist),
  followMerge(recalls),
  followMerge(allergies),
  followMerge(documents),
  coveragesFollowMerge,
  accountFollowsMerge,
]
