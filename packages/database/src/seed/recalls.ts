import type { Faker } from '@faker-js/faker'
import type { ContactOutcome, RecallCloseCode, RecallKind, RecallStatus } from '@derm/contract'
import { addDays, localDate } from './local-day.ts'
import type { SeedPractice } from './practices.ts'
import type { SeedVisit } from './seeder.ts'
import { stableId } from './stable-id.ts'

type Course = { status: RecallStatus; tries: number; outcome: ContactOutcome | null; code: RecallCloseCode | null }
const course = (
  status: RecallStatus,
  tries = 0,
  outcome: Course['outcome'] = null,
  code: Course['code'] = null,
): Course => ({ status, tries, outcome, code })

const DUE = course('due')
/** How far the recalls of a location are, one after the other. */
const COURSES: readonly Course[] = [
  DUE,
  course('contacted', 1, 'left_message'),
  course('planned'),
  course('scheduled', 1, 'reached'),
  course('due'),
  course('contacted', 2, 'no_answer'),
  course('completed', 1, 'reached', 'visit_completed'),
  course('planned'),
  course('declined', 1, 'reached', 'patient_request'),
  course('unreachable', 3, 'no_answer', 'wrong_contact'),
]
const KINDS: readonly RecallKind[] = [
  'annual_check',
  'six_month_check',
  'three_month_check',
  'follow_up',
  'post_procedure',
]

/** Per location `count` patients who are to come back; those with an appointment are its patients. */
export function makeRecalls(
  faker: Faker,
  practice: SeedPractice,
  { patientIds, visits }: { patientIds: readonly string[]; visits: readonly SeedVisit[] },
  now: Date,
  count: number,
) {
  return practice.locations.flatMap((location) => {
    const here = visits.filter(({ locationId }) => locationId === location.id)
    return Array.from({ length: count }, (_, index) => {
      const usual = COURSES[index % COURSES.length] as Course
      const visit = usual.status === 'scheduled' && here.length > 0 ? faker.helpers.arrayElement(here) : null
      // Nothing may be booked any more, in a database that was filled weeks ago.
      const { status, tries, outcome, code } = usual.status === 'scheduled' && !visit ? DUE : usual
      const days = status === 'planned' ? faker.number.int({ min: 5, max: 60 }) : -faker.number.int({ min: 0, max: 21 })
      return {
        id: stableId(`${practice.key}/recall/${location.key}/${index}`),
        tenant_id: practice.id,
        version: 1 + tries + (status === 'planned' ? 0 : 1) + (visit || code ? 1 : 0),
        location_id: location.id,
        patient_id: visit?.patientId ?? faker.helpers.arrayElement(patientIds),
        kind: faker.helpers.arrayElement(KINDS),
        status,
        due_on: addDays(localDate(now, location.timeZone), days),
        note: faker.datatype.boolean(0.2) ? 'Prefers to be called in the evening.' : null,
        attempts: tries,
        last_outcome: outcome,
        appointment_id: visit?.id ?? null,
        close_code: code,
      }
    })
  })
}
