import { z } from 'zod'
import {
  CodedError,
  Id,
  type LocationId,
  type WaitlistEntry,
  type WaitlistList,
  type WaitlistQuery,
} from '@derm/contract'
import type { TenantTx } from '@derm/database'
import { requireTopic } from '../access/location-scope.ts'
import type { Caller } from '../access/principal.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { WAITLIST_VIEW, toWaitlistEntry } from './waitlist-view.ts'

/** A location's waitlist, who waits longest first. */
export async function listWaitlist(
  tx: TenantTx,
  { locationId, status, cursor, limit }: z.infer<typeof WaitlistQuery>,
): Promise<WaitlistList> {
  const after = decodeCursor(cursor, [z.iso.datetime(), Id])
  const rows = await tx.waitlistEntry.findMany({
    where: {
      locationId,
      ...(status === undefined ? {} : { status }),
      ...(after
        ? { OR: [{ createdAt: { gt: new Date(after[0]) } }, { createdAt: new Date(after[0]), id: { gt: after[1] } }] }
        : {}),
    },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    take: limit + 1,
    include: WAITLIST_VIEW,
  })
  return toPage(rows, limit, (row) => [row.createdAt.toISOString(), row.id], toWaitlistEntry)
}

/** @throws CodedError `not_found` */
export async function getWaitlistEntry(tx: TenantTx, id: string): Promise<WaitlistEntry> {
  const row = await tx.waitlistEntry.findUnique({ where: { id }, include: WAITLIST_VIEW })
  if (!row) throw new CodedError('not_found')
  return toWaitlistEntry(row)
}

/** An entry's location, which never changes. What the caller may not see is not there. @throws CodedError `not_found`, `forbidden` */
export async function locateWaitlistEntry(tx: TenantTx, caller: Caller, id: string): Promise<LocationId> {
  const granted = requireTopic(caller, 'scheduling')
  const row = await tx.waitlistEntry.findUnique({ where: { id }, select: { locationId: true } })
  const locationId = granted.find((location) => location === row?.locationId)
  if (!locationId) throw new CodedError('not_found')
  return locationId
}
