import { CodedError, type NewEvent, type Positions } from '@derm/contract'
import type { VerifiedToken } from '@derm/auth'
import { withTenant, type TenantTx } from '@derm/database'
import { createEventCollector, fromPrisma } from '@derm/publisher'
import { loadCaller, type Caller } from './access/principal.ts'
import type { SocketRevoker } from './access/socket-revoker.ts'
import type { Api } from './api.ts'
import { toAuditRow, type AuditEvent } from './audit/audit-writer.ts'
import { toPositions } from './events/positions.ts'
import { claimKey, completeKey, type StoredAnswer } from './idempotency.ts'

/** What a command works with. Its events are collected and written once, at the end, so that a channel's head is locked as briefly as can be. */
export type Change = {
  tx: TenantTx
  caller: Caller
  /** For `afterCommit`. */
  revoker: SocketRevoker
  record: (event: NewEvent) => void
  audit: (event: AuditEvent) => void
  /** What may only happen when the change is in force, and whose loss does no harm. */
  afterCommit: (run: () => void) => void
}

export type ChangeRequest = {
  token: VerifiedToken
  requestId: string
  traceparent: string
  /** The `Idempotency-Key`, and what it was sent for. */
  idempotency?: { key: string; fingerprint: string }
}

export type ChangeAnswer = { status: number; headers: Record<string, string>; body: unknown }

/**
 * One change, one transaction: tenant → caller's access → claim of the idempotency key → the command → audit → the events'
 * flush → completion of the key. After the flush only rows that this transaction already holds are touched, so it
 * cannot wait for anyone while others wait for the channel's head. The relay is told once it has committed.
 *
 * @throws CodedError; then nothing was changed, and the key is free again.
 */
export async function runChange(
  api: Api,
  { token, requestId, traceparent, idempotency }: ChangeRequest,
  command: (change: Change) => Promise<ChangeAnswer>,
): Promise<StoredAnswer & { isRepeat: boolean }> {
  const afterCommit: (() => void)[] = []
  const { shards, ...result } = await withTenant(api.prisma, token.tid, async (tx) => {
    const caller = await loadCaller(tx, token)
    const claim = idempotency && { ...idempotency, caller }
    const first = claim && (await claimKey(tx, claim))
    if (first) return { ...first, isRepeat: true, shards: [] }

    const events = createEventCollector({ traceparent, ...(claim ? { mutationId: claim.key } : {}) })
    const audits: AuditEvent[] = []
    const answer = await command({
      tx,
      caller,
      revoker: api.revoker,
      record: (event: NewEvent) => events.add(event),
      audit: (event) => audits.push(event),
      afterCommit: (run) => afterCommit.push(run),
    })
    if (audits.length > 0)
      await tx.auditEntry.createMany({ data: audits.map((event) => toAuditRow(caller, requestId, event)) })
    const { positions, shards } = await events.flush(fromPrisma(tx))
    const published: Positions = toPositions(positions)
    if (claim) await completeKey(tx, claim, { ...answer, published })
    return { ...answer, published, isRepeat: false, shards }
  })
  if (shards.length > 0) api.wakeRelay(shards)
  for (const run of afterCommit) run()
  if (result.isRepeat) api.metrics.idempotentRepeats.inc()
  return result
}

/** Whether a conditional change may go on. @throws CodedError `conflict` with the current version. */
export function requireVersion(current: number, expected: number): void {
  if (current !== expected) throw new CodedError('conflict', { currentVersion: current })
}
