import type { Consequence } from '../change.ts'
import { writeAllAlong } from '../aggregate/write-entity.ts'
import { findSurvivor } from '../patients/follow-merge.ts'
import { coverages } from './coverage.ts'

type Span = { effectiveFrom: Date; effectiveTo: Date | null }

/**
 * When a record is merged, its insurances go to the surviving one. That one's primary insurance stays primary: one of the other record's
 * that was primary at the same time becomes secondary.
 */
export const coveragesFollowMerge: Consequence = {
  of: ['patient:merged'],
  async run(change, patientId, event) {
    const survivor = await findSurvivor(change, patientId)
    const primaryOf = (id: string) => change.tx.coverage.findMany({ where: { patientId: id, rank: 'primary' } })
    const stays = await primaryOf(survivor)
    const demoted = (await primaryOf(patientId)).filter((one) => stays.some((other) => overlaps(one, other)))
    const ids = demoted.map(({ id }) => id)
    const move = (where: object, rank?: 'secondary') =>
      writeAllAlong(
        change,
        coverages,
        'follow-merge',
        { where: { patientId, ...where }, data: { patientId: survivor, ...(rank ? { rank } : {}) } },
        event,
      )
    await move({ id: { in: ids } }, 'secondary')
    await move({})
  },
}

/** Both days are covered. */
function overlaps(one: Span, other: Span): boolean {
  const isBefore = (a: Span, b: Span) => a.effectiveTo !== null && a.effectiveTo < b.effectiveFrom
  return !isBefore(one, other) && !isBefore(other, one)
}
