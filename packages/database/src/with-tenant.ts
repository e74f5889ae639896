import type { TenantId } from '@derm/contract'
import type { Prisma, PrismaClient } from './generated/client.ts'

export type TenantTx = Prisma.TransactionClient

/**
 * Runs `work` in one READ COMMITTED transaction that sees this tenant's rows and no others. The tenant is named by the
 * transaction's first statement and forgotten with its end, so it cannot leak through the pool.
 *
 * READ COMMITTED is the roles' default, so that it costs no statement: under REPEATABLE READ most transactions on a busy channel's head would fail.
 * `timeout`, `maxWait`: milliseconds.
 */
export function withTenant<T>(
  prisma: PrismaClient,
  tenantId: TenantId | string,
  work: (tx: TenantTx) => Promise<T>,
  { timeout = 10_000, maxWait = 5_000 }: { timeout?: number; maxWait?: number } = {},
): Promise<T> {
  return prisma.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT set_config('app.tenant_id', ${tenantId}, true)`
      return work(tx)
    },
    { timeout, maxWait },
  )
}
