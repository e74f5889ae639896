import type { Attack } from './attack.ts'
import { bulkReading } from './cases/bulk-reading.ts'
import { halfRequests, handshakeCrowd, tokenlessSockets } from './cases/crowds.ts'
import { foreignReferences } from './cases/foreign-references.ts'
import { forgedAdapter } from './cases/forged-adapter.ts'
import { forgedHeads } from './cases/forged-heads.ts'
import { passwordFlood } from './cases/password-flood.ts'
import { passwordGuesses } from './cases/password-guesses.ts'
import { recoveryFlood } from './cases/recovery-flood.ts'
import { partialRecoveryFlood } from './cases/partial-recovery-flood.ts'
import { searchFlood } from './cases/search-flood.ts'
import { slowAndLargeRequests } from './cases/slow-and-large-requests.ts'
import { unknownSessions } from './cases/unknown-sessions.ts'
import { unreadFloods } from './cases/unread-floods.ts'
import { withdrawnKey } from './cases/withdrawn-key.ts'

/** One line a case. */
export const ATTACKS: readonly Attack[] = [
  foreignReferences,
  forgedHeads,
  forgedAdapter,
  slowAndLargeRequests,
  unknownSessions,
  withdrawnKey,
  passwordGuesses,
  passwordFlood,
  searchFlood,
  bulkReading,
  handshakeCrowd,
  tokenlessSockets,
  halfRequests,
  recoveryFlood,
  partialRecoveryFlood,
  unreadFloods,
]
