import type { TenantId } from '@derm/contract'
import { withTenant, type PrismaClient } from '@derm/database'
import type { Caller } from '../access/principal.ts'
import { toAuditRow, type AuditEvent, type AuditRow, type AuditSource } from './audit-row.ts'
import type { BulkRead, PatientViews, Shown } from './patient-views.ts'

type Batch = { rows: AuditRow[]; shown: Shown[]; written: Promise<void> }

export interface AuditWriter {
  /**
   * Resolves when the entry is durable: an answer about a patient goes out after it, or not at all. `patientIds`: the patients whom the answer
   * shows; a user who has been shown very many gets an entry for that too.
   */
  write(caller: Caller, source: AuditSource, event: AuditEvent, patientIds?: readonly string[]): Promise<void>
  writeRow(row: AuditRow): Promise<void>
  /** Resolves when nothing is left to write. */
  drain(): Promise<void>
}

export type AuditWriterOptions = {
  prisma: PrismaClient
  views: PatientViews
  onBatch: (rows: number) => void
  onBulkRead: (tenantId: TenantId, read: BulkRead) => void
}

/**
 * Writes the audit entries of reads, a tenant's together: what arrives while a batch is on its way to Postgres goes with the next one.
 * So a busy pod pays for a few transactions, not for one per read. A change writes its entries in its own transaction.
 */
export function createAuditWriter({ prisma, views, onBatch, onBulkRead }: AuditWriterOptions): AuditWriter {
  const running = new Map<TenantId, Promise<void>>()
  const waiting = new Map<TenantId, Batch>()

  async function insert(tenantId: TenantId, { rows, shown }: Batch): Promise<void> {
    const bulkReads = await withTenant(prisma, tenantId, async (tx) => {
      const passed = await views.note(tx, tenantId, shown)
      await tx.auditEntry.createMany({ data: [...rows, ...passed.map((read) => toBulkReadRow(rows, read))] })
      return passed
    })
    views.committed(shown)
    onBatch(rows.length)
    for (const read of bulkReads) onBulkRead(tenantId, read)
  }

  async function send(tenantId: TenantId, batch: Batch): Promise<void> {
    await running.get(tenantId)?.catch(() => {})
    // From here on a new entry makes a new batch.
    waiting.delete(tenantId)
    const insertion = insert(tenantId, batch)
    running.set(tenantId, insertion)
    try {
      await insertion
    } finally {
      if (running.get(tenantId) === insertion) running.delete(tenantId)
    }
  }

  function add(row: AuditRow, shown: readonly Shown[]): Promise<void> {
    const open = waiting.get(row.tenantId)
    if (open) {
      open.rows.push(row)
      open.shown.push(...shown)
      return open.written
    }
    const batch: Batch = { rows: [row], shown: [...shown], written: Promise.resolve() }
    waiting.set(row.tenantId, batch)
    batch.written = send(row.tenantId, batch)
    return batch.written
  }

  return {
    writeRow: (row) => add(row, []),
    write: (caller, source, event, patientIds = []) =>
      add(toAuditRow(caller, source, event), patientIds.length > 0 ? [{ userId: caller.userId, patientIds }] : []),
    async drain() {
      await Promise.allSettled([...waiting.values()].map(({ written }) => written).concat([...running.values()]))
    },
  }
}

/** It names the request that passed the limit: the last one of the user's in the batch. */
function toBulkReadRow(rows: readonly AuditRow[], { userId, window, count, limit }: BulkRead): AuditRow {
  const cause = rows.findLast(({ actorId }) => actorId === userId) as AuditRow
  return {
    ...cause,
    action: 'patient.bulk_read',
    subjectType: 'user',
    subjectId: userId,
    locationId: null,
    details: { window, count, limit },
  }
}
