import { event, type AppointmentType, type LocationId, type TenantId, type UserId } from '@derm/contract'
import { createEventCollector, fromPg } from '@derm/publisher'
import pg from 'pg'

export type EventWriter = {
  /** One transaction with so many events of a location's scheduling channel; nothing else changes. */
  write(events: number): Promise<void>
  stop(): Promise<void>
}

/**
 * Commits events faster than requests could: as the API's role, flushed as in every transaction, but without what a request does
 * besides. Nobody wakes a relay for them: the poll finds them.
 */
export function createEventWriter({
  apiUrl,
  tenantId,
  locationId,
  actorId,
}: {
  apiUrl: string
  tenantId: TenantId
  locationId: LocationId
  actorId: UserId
}): EventWriter {
  const pool = new pg.Pool({ connectionString: apiUrl, max: 4 })
  pool.on('error', () => {})
  const type: AppointmentType = 'biopsy'
  const make = () =>
    event.waitlistAdded({
      tenantId,
      locationId,
      actorId,
      subject: { id: crypto.randomUUID(), version: 1 },
      data: { patientId: crypto.randomUUID(), providerId: null, type, status: 'waiting' },
    })
  return {
    async write(events) {
      const client = await pool.connect()
      let broken = true
      try {
        await client.query('BEGIN')
        await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId])
        const collector = createEventCollector()
        collector.add(...Array.from({ length: events }, make))
        await collector.flush(fromPg(client))
        await client.query('COMMIT')
        broken = false
      } finally {
        client.release(broken)
      }
    },
    stop: () => pool.end(),
  }
}
