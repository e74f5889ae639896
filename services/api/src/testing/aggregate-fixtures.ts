import { accountFixtures } from '../accounts/test-fixtures.ts'
import { allergyFixtures } from '../allergies/test-fixtures.ts'
import { appointmentFixtures } from '../appointments/test-fixtures.ts'
import { coverageFixtures } from '../coverages/test-fixtures.ts'
import { documentFixtures } from '../documents/test-fixtures.ts'
import { patientFixtures } from '../patients/test-fixtures.ts'
import { recallFixtures } from '../recalls/test-fixtures.ts'
import { waitlistFixtures } from '../waitlist/test-fixtures.ts'
import type { Fixtures } from './test-fixtures.ts'

/** The fixtures of every aggregate. A route of an aggregate that is missing here fails the suite. */
export const AGGREGATE_FIXTURES: readonly Fixtures[] = [
  appointmentFixtures,
  waitlistFixtures,
  recallFixtures,
  patientFixtures,
  coverageFixtures,
  allergyFixtures,
  documentFixtures,
  accountFixtures,
]
