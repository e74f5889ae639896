import { z } from 'zod'
import { CodedError, Position, channelOfTenant, maySee, parseChannel, type Positions } from '@derm/contract'
import type { TenantTx } from '@derm/database'
import type { Caller } from './access/principal.ts'

/** A user's key, what it was sent for, and who sends it now. */
export type IdempotencyClaim = { key: string; fingerprint: string; caller: Caller }

export type StoredAnswer = { status: number; headers: Record<string, string>; body: unknown; published: Positions }

const StoredHeaders = z.object({
  headers: z.record(z.string(), z.string()),
  published: z.record(z.string(), Position),
  /** The caller's, when they were answered. */
  accessVersion: z.number(),
})

/** The body's own text: as JSON, the database would put its fields into another order, and the tag would not fit. */
const StoredBody = z.string()

/**
 * Claims a key as its transaction's first write; answers the first request's answer when there is one.
 * An advisory lock tells at once that the first request is still running, instead of holding a connection until it is done.
 * @throws CodedError `idempotency_in_progress`, `idempotency_mismatch`; `forbidden` when the caller may no longer see what was answered.
 */
export async function claimKey(
  tx: TenantTx,
  { key, fingerprint, caller }: IdempotencyClaim,
): Promise<StoredAnswer | undefined> {
  const { tenantId, userId } = caller
  const [lock] = await tx.$queryRaw<{ held: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(hashtextextended(${`${tenantId}/${userId}/${key}`}, 7104)) AS held`
  if (!lock?.held) throw new CodedError('idempotency_in_progress', { retryAfter: 1 })
  const where = { tenantId_userId_key: { tenantId, userId, key } }
  const first = await tx.idempotencyKey.findUnique({ where })
  if (!first) {
    await tx.idempotencyKey.create({ data: { tenantId, userId, key, fingerprint } })
    return undefined
  }
  if (first.fingerprint !== fingerprint) throw new CodedError('idempotency_mismatch')
  const { headers, published, accessVersion } = StoredHeaders.parse(first.responseHeaders)
  for (const channelKey of Object.keys(published)) {
    const channel = parseChannel(channelOfTenant(tenantId, channelKey) ?? '')
    if (!channel || !maySee(caller, channel)) throw new CodedError('forbidden')
  }
  // What caused no event names no channel to ask about: then nothing of the caller's access may have changed.
  if (Object.keys(published).length === 0 && accessVersion !== caller.accessVersion) throw new CodedError('forbidden')
  return {
    status: first.responseStatus ?? 200,
    headers,
    body: JSON.parse(StoredBody.parse(first.responseBody)) as unknown,
    published,
  }
}

/** Stores the answer in the row that this transaction has claimed. */
export async function completeKey(
  tx: TenantTx,
  { key, caller }: IdempotencyClaim,
  answer: StoredAnswer,
): Promise<void> {
  const { tenantId, userId } = caller
  const { accessVersion } = caller
  const headers = JSON.stringify({ headers: answer.headers, published: answer.published, accessVersion })
  const body = JSON.stringify(JSON.stringify(answer.body))
  // As SQL: while it runs, the heads of the channels are held, and Prisma would first plan it.
  await tx.$executeRaw`
    UPDATE idempotency_keys
    SET response_status = ${answer.status}, response_headers = ${headers}::jsonb, response_body = ${body}::jsonb, completed_at = now()
    WHERE tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid AND key = ${key}`
}

/** For so many milliseconds an answer can be repeated; then a job removes it. */
export const KEPT_MS = 24 * 3_600_000
