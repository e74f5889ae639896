import type { Clock, Logger } from '@derm/core'
import type { KeyRing, TokenIssuer, TokenVerifier } from '@derm/auth'
import type { PrismaClient } from '@derm/database'
import type { Consequence } from './change.ts'
import type { AuditWriter } from './audit/audit-writer.ts'
import type { RefreshTokens } from './sessions/refresh-token.ts'
import type { Refusals } from './audit/refusals.ts'
import type { Budgets } from './limits/budgets.ts'
import type { HeldRefusals } from './limits/held-refusals.ts'
import type { DatabaseTurns } from './limits/database-turns.ts'
import type { DeviceTokens } from './sessions/device-token.ts'
import type { AttemptLimiter } from './sessions/attempt-limiter.ts'
import type { PasswordHashes } from './limits/password-hashes.ts'
import type { AuditAddresses, Tracing } from '@derm/runtime'
import type { ApiMetrics } from './api-metrics.ts'
import type { SharedReads } from './reads/shared-reads.ts'
import type { SocketRevoker } from './access/socket-revoker.ts'
import type { SocketLists } from './access/socket-lists.ts'

/** What the routes are given: everything that reaches outside the process. */
export type Api = {
  prisma: PrismaClient
  verifier: TokenVerifier
  issuer: TokenIssuer
  keyRing: KeyRing
  audit: AuditWriter
  sharedReads: SharedReads
  refusals: Refusals
  attempts: AttemptLimiter
  budgets: Budgets
  heldRefusals: HeldRefusals
  turns: DatabaseTurns
  passwords: PasswordHashes
  devices: DeviceTokens
  refreshTokens: RefreshTokens
  revoker: SocketRevoker
  socketLists: SocketLists
  /** Tells the relay that these shards have events to publish. */
  wakeRelay: (shards: readonly number[]) => void
  /** What events of one aggregate bring about in another. */
  consequences: readonly Consequence[]
  metrics: ApiMetrics
  /** `null`: no traces. */
  tracing: Tracing | null
  logger: Logger
  clock: Pick<Clock, 'now'>
  /** Exact origins that browsers may come from. */
  origins: readonly string[]
  /** The path below which browsers see the API: '' or `/practice`. */
  basePath: string
  /** Whether the refresh cookie is for https only. */
  isSecure: boolean
  /** What the audit log keeps of where a request came from. */
  auditAddresses: AuditAddresses
  /** Whose `X-Forwarded-For` is believed. */
  isTrustedProxy: (address: string) => boolean
  /** Whether each answer is checked against its declaration: in tests, a difference is a fault. */
  checksAnswers: boolean
}
