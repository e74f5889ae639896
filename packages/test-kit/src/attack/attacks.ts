import type { Attack } from './attack.ts'
import { foreignReferences } from './cases/foreign-references.ts'
import { unreadFloods } from './cases/unread-floods.ts'

/** One line a case. */
export const ATTACKS: readonly Attack[] = [foreignReferences, unreadFloods]
