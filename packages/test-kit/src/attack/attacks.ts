import type { Attack } from './attack.ts'
import { foreignReferences } from './cases/foreign-references.ts'
import { halfRequests, handshakeCrowd, tokenlessSockets } from './cases/crowds.ts'
import { recoveryFlood } from './cases/recovery-flood.ts'
import { unreadFloods } from './cases/unread-floods.ts'
import { unknownSessions } from './cases/unknown-sessions.ts'
import { withdrawnKey } from './cases/withdrawn-key.ts'
import { bulkReading } from './cases/bulk-reading.ts'
import { passwordFlood } from './cases/password-flood.ts'
import { passwordGuesses } from './cases/password-guesses.ts'
import { searchFlood } from './cases/search-flood.ts'

/** One line a case. */
export const ATTACKS: readonly Attack[] = [
  foreignReferences,
  unknownSessions,
  withdrawnKey,
  passwordGuesses,
  passwordFlood,
  searchFlood,
  bulkReading,
  unreadFloods,
  recoveryFlood,
  handshakeCrowd,
  tokenlessSockets,
  halfRequests,
]
