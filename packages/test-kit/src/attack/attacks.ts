import type { Attack } from './attack.ts'
import { foreignReferences } from './cases/foreign-references.ts'
import { unknownSessions } from './cases/unknown-sessions.ts'
import { withdrawnKey } from './cases/withdrawn-key.ts'

/** One line a case. */
export const ATTACKS: readonly Attack[] = [foreignReferences, unknownSessions, withdrawnKey]
