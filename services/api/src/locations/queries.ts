import { z } from 'zod'
import { CodedError, Id, type Location, type LocationId, type LocationList, type Page } from '@derm/contract'
import type { Prisma, TenantTx } from '@derm/database'
import type { Caller } from '../access/principal.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'

const VIEW = {
  rooms: { select: { id: true, name: true }, orderBy: [{ name: 'asc' }, { id: 'asc' }] },
} as const satisfies Prisma.LocationInclude

/** The locations that any of the caller's grants covers. */
function locationsOf(caller: Caller): LocationId[] {
  return caller.locations.filter((id) =>
    caller.grants.some((grant) => grant.locationId === null || grant.locationId === id),
  )
}

export async function listLocations(
  tx: TenantTx,
  caller: Caller,
  { cursor, limit }: z.infer<typeof Page>,
): Promise<LocationList> {
  const after = decodeCursor(cursor, [z.string().max(200), Id])
  const rows = await tx.location.findMany({
    where: {
      tenantId: caller.tenantId,
      id: { in: locationsOf(caller) },
      ...(after ? { OR: [{ name: { gt: after[0] } }, { name: after[0], id: { gt: after[1] } }] } : {}),
    },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
    take: limit + 1,
    include: VIEW,
  })
  return toPage(rows, limit, ({ name, id }) => [name, id], toLocation)
}

/** @throws CodedError `not_found` */
export async function getLocation(tx: TenantTx, caller: Caller, id: string): Promise<Location> {
  const row =
    locationsOf(caller).some((location) => location === id) &&
    (await tx.location.findUnique({ where: { id, tenantId: caller.tenantId }, include: VIEW }))
  if (!row) throw new CodedError('not_found')
  return toLocation(row)
}

function toLocation({
  id,
  name,
  timeZone,
  opensAt,
  closesAt,
  rooms,
}: Prisma.LocationGetPayload<{ include: typeof VIEW }>): Location {
  return { id, name, timeZone, opensAt, closesAt, rooms }
}
