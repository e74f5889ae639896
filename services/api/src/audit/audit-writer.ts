import type { TenantId } from '@derm/contract'
import { withTenant, type Prisma, type PrismaClient } from '@derm/database'
import type { Caller } from '../access/principal.ts'

/** Something that was read or changed. `details`: counts and codes, nothing about a person. */
export type AuditEvent = {
  action: string
  subjectType: string
  subjectId?: string
  locationId?: string
  details?: Record<string, number | string | boolean | null>
}

type AuditRow = Prisma.AuditEntryCreateManyInput
type Batch = { rows: AuditRow[]; written: Promise<void> }

export interface AuditWriter {
  /** Resolves when the entry is durable: an answer about a patient goes out after it, or not at all. */
  write(caller: Caller, requestId: string, event: AuditEvent): Promise<void>
  /** Resolves when nothing is left to write. */
  drain(): Promise<void>
}

/**
 * Writes the audit entries of reads, a tenant's together: what arrives while a batch is on its way to Postgres goes with the next one.
 * So a busy pod pays for a few transactions, not for one per read. A change writes its entries in its own transaction.
 */
export function createAuditWriter(prisma: PrismaClient, onBatch: (rows: number) => void = () => {}): AuditWriter {
  const running = new Map<TenantId, Promise<void>>()
  const waiting = new Map<TenantId, Batch>()

  async function send(tenantId: TenantId, batch: Batch): Promise<void> {
    await running.get(tenantId)?.catch(() => {})
    // From here on a new entry makes a new batch.
    waiting.delete(tenantId)
    const insertion = withTenant(prisma, tenantId, (tx) => tx.auditEntry.createMany({ data: batch.rows })).then(
      ({ count }) => onBatch(count),
    )
    running.set(tenantId, insertion)
    try {
      await insertion
    } finally {
      if (running.get(tenantId) === insertion) running.delete(tenantId)
    }
  }

  return {
    write(caller, requestId, event) {
      const row = toAuditRow(caller, requestId, event)
      const open = waiting.get(caller.tenantId)
      if (open) {
        open.rows.push(row)
        return open.written
      }
      const batch: Batch = { rows: [row], written: Promise.resolve() }
      waiting.set(caller.tenantId, batch)
      batch.written = send(caller.tenantId, batch)
      return batch.written
    },
    async drain() {
      await Promise.allSettled([...waiting.values()].map(({ written }) => written).concat([...running.values()]))
    },
  }
}

export function toAuditRow(caller: Caller, requestId: string, event: AuditEvent): AuditRow {
  const { action, subjectType, subjectId = null, locationId = null, details } = event
  return {
    tenantId: caller.tenantId,
    actorId: caller.userId,
    sessionId: caller.sessionId,
    action,
    subjectType,
    subjectId,
    locationId,
    requestId,
    ...(details === undefined ? {} : { details }),
  }
}
