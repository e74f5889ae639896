import { lockEntity } from '../aggregate/lock-entity.ts'
import { writeEntity } from '../aggregate/write-entity.ts'
import { defineJob } from '../jobs/define-job.ts'
import { recalls } from './recall.ts'

/** Recalls whose day has begun where their location is. No clock is more than a day ahead of UTC: that much the index can answer. */
export const comeDue = defineJob({
  name: 'recalls-due',
  every: 60_000,
  aggregate: recalls,
  due: {
    condition: `status = 'planned' AND due_on <= (now() AT TIME ZONE 'UTC')::date + 1
      AND due_on <= (now() AT TIME ZONE (SELECT time_zone FROM locations WHERE locations.id = recalls.location_id))::date`,
    since:
      '(due_on::timestamp AT TIME ZONE (SELECT time_zone FROM locations WHERE locations.id = recalls.location_id))',
  },
  emits: ['recall:due'],
  async run(change, id) {
    const recall = await lockEntity(change, recalls, id, recalls.transitions['come-due'])
    await writeEntity(change, recalls, 'come-due', recall, {})
  },
})
