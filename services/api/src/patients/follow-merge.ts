import type { TransitionTable } from '@derm/contract'
import type { Aggregate, ColumnsOf, Model, UpdateOf } from '../aggregate/aggregate.ts'
import { writeAllAlong } from '../aggregate/write-entity.ts'
import type { Change, Consequence } from '../change.ts'

/** The tables whose rows belong to a patient. Where more decides where a row goes, as an account's, the aggregate has a consequence of its own. */
type Belonging = { [Name in Model]: 'patientId' extends keyof ColumnsOf<Name> ? Name : never }[Model]

/** When a record is merged, what belongs to it goes to the surviving one. Whoever merges needs no right to each part: the event tells of all. */
export function followMerge<Name extends Belonging, View, Entity, Thin, Table extends TransitionTable>(
  aggregate: Aggregate<Name, View, Entity, Thin, Table>,
): Consequence {
  return {
    of: ['patient:merged'],
    async run(change, patientId, event) {
      const data = { patientId: await findSurvivor(change, patientId) }
      const where = { patientId }
      await writeAllAlong(change, aggregate, 'follow-merge', { where: where, data: data as UpdateOf<Name> }, event)
    },
  }
}

/** The record into which this one was merged. */
export async function findSurvivor({ tx, caller }: Change, patientId: string): Promise<string> {
  const row = await tx.patient.findUnique({
    where: { id: patientId, tenantId: caller.tenantId },
    select: { mergedIntoId: true },
  })
  if (!row?.mergedIntoId) throw new Error('a patient is told to be merged, and is not')
  return row.mergedIntoId
}
