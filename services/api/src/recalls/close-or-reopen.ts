import type { Consequence } from '../change.ts'
import { lockEntity } from '../aggregate/lock-entity.ts'
import { writeAlong } from '../aggregate/write-entity.ts'
import { recalls } from './recall.ts'

/**
 * The end of the visit that a recall is scheduled for: when the patient was seen the recall is completed, else it is due again.
 * The visit's row is locked here and while a recall is scheduled for it, so no recall is missed and none stays scheduled for a visit that is over.
 */
export const closeOrReopen: Consequence = {
  of: ['appointment:completed', 'appointment:cancelled', 'appointment:noshow'],
  async run(change, appointmentId, event) {
    const where = { appointmentId, status: 'scheduled' } as const
    const waiting = await change.tx.recall.findMany({ where, select: { id: true }, orderBy: { id: 'asc' } })
    for (const { id } of waiting) {
      const recall = await lockEntity(change, recalls, id, { by: 'schedule', from: 'any' })
      // Somebody may have closed it until it was locked.
      if (recall.status !== 'scheduled') continue
      if (event === 'appointment:completed')
        await writeAlong(
          change,
          recalls,
          'complete',
          recall,
          { status: 'completed', closeCode: 'visit_completed' },
          event,
        )
      else await writeAlong(change, recalls, 'reopen', recall, { status: 'due', appointmentId: null }, event)
    }
  },
}
