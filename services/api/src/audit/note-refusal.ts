import type { Logger } from '@derm/core'
import type { AuditWriter } from './audit-writer.ts'
import type { Refusals, Refused } from './refusals.ts'

/** Durable before the refusal goes out. A refusal that cannot be audited stays one. */
export async function noteRefusal(
  { refusals, audit, logger }: { refusals: Refusals; audit: AuditWriter; logger: Logger },
  refused: Refused,
): Promise<void> {
  const row = refusals.toRow(refused)
  if (!row) return
  const { tid: tenantId } = refused.token
  await audit
    .writeRow(row)
    .catch((error: unknown) => logger.error({ tenantId, error }, 'a refusal could not be audited'))
}
