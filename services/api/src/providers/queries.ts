import { z } from 'zod'
import { CodedError, Id, type Provider, type ProviderList, type ProviderQuery } from '@derm/contract'
import type { Prisma, TenantTx } from '@derm/database'
import type { Caller } from '../access/principal.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'

const VIEW = {
  locations: { select: { locationId: true }, orderBy: { locationId: 'asc' } },
} as const satisfies Prisma.ProviderInclude

/** @throws CodedError `not_found` for a location that is not the tenant's. */
export async function listProviders(
  tx: TenantTx,
  caller: Caller,
  { locationId, cursor, limit }: z.infer<typeof ProviderQuery>,
): Promise<ProviderList> {
  if (locationId !== undefined && !caller.locations.some((id) => id === locationId)) throw new CodedError('not_found')
  const after = decodeCursor(cursor, [z.string().max(200), Id])
  const rows = await tx.provider.findMany({
    where: {
      tenantId: caller.tenantId,
      ...(locationId === undefined ? {} : { locations: { some: { locationId } } }),
      ...(after ? { OR: [{ displayName: { gt: after[0] } }, { displayName: after[0], id: { gt: after[1] } }] } : {}),
    },
    orderBy: [{ displayName: 'asc' }, { id: 'asc' }],
    take: limit + 1,
    include: VIEW,
  })
  return toPage(rows, limit, ({ displayName, id }) => [displayName, id], toProvider)
}

/** @throws CodedError `not_found` */
export async function getProvider(tx: TenantTx, { tenantId }: Caller, id: string): Promise<Provider> {
  const row = await tx.provider.findUnique({ where: { id, tenantId }, include: VIEW })
  if (!row) throw new CodedError('not_found')
  return toProvider(row)
}

function toProvider({
  id,
  displayName,
  specialty,
  locations,
}: Prisma.ProviderGetPayload<{ include: typeof VIEW }>): Provider {
  return { id, displayName, specialty, locationIds: locations.map(({ locationId }) => locationId) }
}
