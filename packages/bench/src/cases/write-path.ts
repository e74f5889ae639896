import { event, type LocationId, type NewEvent } from '@derm/contract'
import { createPrisma, getSeedIds, withTenant, type TenantTx } from '@derm/database'
import { createEventCollector, fromPrisma } from '@derm/publisher'
import { median } from '../median.ts'
import type { OurSystem } from '../our-system.ts'
import type { Table } from '../table.ts'

export type Writing = { channels: number; writers: number; transactions: number; rounds: number }

/**
 * Transactions a second that change an appointment and write its audit entry, with the event's flush and without it, in turn. The events
 * are spread over many channels, so that what is measured is their cost and not the wait for one channel's head.
 */
export async function compareWritePath(
  { stack }: OurSystem,
  { channels, writers, transactions, rounds }: Writing,
): Promise<Table> {
  const { lakeside } = getSeedIds()
  const { tenantId } = lakeside
  const actorId = lakeside.users['owner']!.id
  const locations = Array.from({ length: channels }, () => crypto.randomUUID() as LocationId)
  const appointments = await stack.query<{ id: string }>('SELECT id FROM appointments WHERE tenant_id = $1 LIMIT $2', [
    tenantId,
    writers,
  ])
  const prisma = createPrisma(stack.databases.apiUrl, { max: writers })
  const makeEvent = (i: number): NewEvent =>
    event.waitlistAdded({
      tenantId,
      locationId: locations[i % channels]!,
      actorId,
      subject: { id: crypto.randomUUID(), version: 1 },
      data: {
        patientId: lakeside.patientIds[0]!,
        providerId: null,
        type: 'biopsy',
        status: 'waiting',
      },
    })

  async function write(tx: TenantTx, id: string, i: number, isPublished: boolean): Promise<void> {
    await tx.appointment.updateMany({ where: { id }, data: { note: `bench ${i}`, version: { increment: 1 } } })
    await tx.auditEntry.createMany({
      data: [{ tenantId, actorId, action: 'appointment.update', subjectType: 'appointment', subjectId: id }],
    })
    if (!isPublished) return
    const events = createEventCollector()
    events.add(makeEvent(i))
    await events.flush(fromPrisma(tx))
  }

  async function measure(isPublished: boolean): Promise<number> {
    let next = 0
    const start = performance.now()
    await Promise.all(
      appointments.map(async ({ id }) => {
        for (let i = next++; i < transactions; i = next++)
          await withTenant(prisma, tenantId, (tx) => write(tx, id, i, isPublished))
      }),
    )
    return (1000 * transactions) / (performance.now() - start)
  }

  const rates = { without: [] as number[], with: [] as number[] }
  try {
    for (let round = 0; round <= rounds; round++) {
      const pair = { without: await measure(false), with: await measure(true) }
      // The first round warms up the compilers, and makes the channels' heads.
      if (round === 0) continue
      rates.without.push(pair.without)
      rates.with.push(pair.with)
    }
  } finally {
    await prisma.$disconnect()
  }
  const floor = median(rates.without)
  const row = (name: string, rate: number) => [name, rate.toFixed(0), (rate / floor).toFixed(2)]
  return {
    title: `Changes a second, ${writers} writers, ${channels} channels`,
    columns: ['', 'transactions/s', 'over without'],
    rows: [row('change and audit entry', floor), row('the same with its event', median(rates.with))],
    note: `${transactions} in each of ${rounds} rounds, in turn; Postgres without fsync.`,
  }
}
