import type { TenantId } from '@derm/contract'
import { withTenant, type PrismaClient } from '@derm/database'
import type { Caller } from '../access/principal.ts'
import { toAuditRow, type AuditEvent, type AuditRow, type AuditSource } from './audit-row.ts'

type Batch = { rows: AuditRow[]; written: Promise<void> }

export interface AuditWriter {
  /** Resolves when the entry is durable: an answer about a patient goes out after it, or not at all. */
  write(caller: Caller, source: AuditSource, event: AuditEvent): Promise<void>
  writeRow(row: AuditRow): Promise<void>
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

  function writeRow(row: AuditRow): Promise<void> {
    const open = waiting.get(row.tenantId)
    if (open) {
      open.rows.push(row)
      return open.written
    }
    const batch: Batch = { rows: [row], written: Promise.resolve() }
    waiting.set(row.tenantId, batch)
    batch.written = send(row.tenantId, batch)
    return batch.written
  }

  return {
    writeRow,
    write: (caller, source, event) => writeRow(toAuditRow(caller, source, event)),
    async drain() {
      await Promise.allSettled([...waiting.values()].map(({ written }) => written).concat([...running.values()]))
    },
  }
}
