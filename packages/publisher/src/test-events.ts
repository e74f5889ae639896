import pg from 'pg'
import {
  event,
  locationChannel,
  tenantChannel,
  type ChannelName,
  type LocationId,
  type NewEvent,
  type TenantId,
  type UserId,
} from '@derm/contract'
import { createEventCollector, type EventOrigin, type Flushed } from './event-collector.ts'
import { fromPg } from './sql-tx.ts'

/** A tenant with a few channels, and the events that tests write to them. Nothing but the channel matters to the publisher. */
export type TestTenant = { id: TenantId; channels: ChannelName[]; make: (channel: ChannelName) => NewEvent }

export function createTestTenant(locations: number): TestTenant {
  const id = crypto.randomUUID() as TenantId
  const actorId = crypto.randomUUID() as UserId
  const places = Array.from({ length: locations }, () => crypto.randomUUID() as LocationId)
  const byChannel = new Map(places.map((place) => [locationChannel(id, place, 'scheduling'), place]))
  const subject = () => ({ id: crypto.randomUUID(), version: 1 })
  return {
    id,
    channels: [...byChannel.keys(), tenantChannel(id, 'patients')],
    make(channel) {
      const locationId = byChannel.get(channel)
      if (locationId === undefined)
        return event.patientUpdated({ tenantId: id, actorId, subject: subject(), data: { changed: ['contact'] } })
      const data = { patientId: crypto.randomUUID(), providerId: null, type: 'biopsy', status: 'waiting' } as const
      return event.waitlistAdded({ tenantId: id, locationId, actorId, subject: subject(), data })
    },
  }
}

/** One transaction of the API's role. `between`: after the flush, before the commit; what it throws rolls back. */
export async function publish(
  pool: pg.Pool,
  tenant: TestTenant,
  channels: readonly ChannelName[],
  { origin, between }: { origin?: EventOrigin; between?: (client: pg.PoolClient) => Promise<void> } = {},
): Promise<Flushed> {
  const client = await pool.connect()
  let broken: Error | undefined
  const onError = (error: Error) => void (broken = error)
  client.on('error', onError)
  try {
    await client.query('BEGIN')
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenant.id])
    const collector = createEventCollector(origin)
    collector.add(...channels.map(tenant.make))
    const flushed = await collector.flush(fromPg(client))
    await between?.(client)
    await client.query('COMMIT')
    return flushed
  } catch (error) {
    await client.query('ROLLBACK').catch((lost: Error) => void (broken ??= lost))
    throw error
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}

/** Something to wait at until it is opened. */
export function createGate(): { opened: Promise<void>; open: () => void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

/** A pool that does not mind when the test, or the end of its database, cuts its connections. */
export function createTestPool(connectionString: string, max: number, options?: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max, ...(options === undefined ? {} : { options }) })
  pool.on('error', () => {})
  return pool
}
