import type { Attack } from './attack.ts'
import { foreignReferences } from './cases/foreign-references.ts'
import { forgedAdapter } from './cases/forged-adapter.ts'
import { forgedHeads } from './cases/forged-heads.ts'
import { recoveryFlood } from './cases/recovery-flood.ts'
import { unknownSessions } from './cases/unknown-sessions.ts'
import { unreadFloods } from './cases/unread-floods.ts'
import { withdrawnKey } from './cases/withdrawn-key.ts'

/** One line a case. */
export const ATTACKS: readonly Attack[] = [
  foreignReferences,
  forgedAdapter,
  forgedHeads,
  recoveryFlood,
  unknownSessions,
  unreadFloods,
  withdrawnKey,
]
