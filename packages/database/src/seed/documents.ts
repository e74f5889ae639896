import type { Faker } from '@faker-js/faker'
import type { DocumentKind } from '@derm/contract'
import { addDays } from './local-day.ts'
import type { SeedPractice } from './practices.ts'
import { stableId } from './stable-id.ts'

const TITLES: readonly (readonly [DocumentKind, string])[] = [
  ['consent', 'Consent to treatment'],
  ['referral', 'Referral from primary care'],
  ['insurance_card', 'Insurance card, both sides'],
  ['id_card', 'Driver’s licence'],
  ['lab_report', 'Outside laboratory report'],
  ['letter', 'Letter to the referring physician'],
  ['other', 'Patient intake form'],
]

/** A third of the patients have some. */
export function makeDocuments(
  faker: Faker,
  practice: SeedPractice,
  patientIds: readonly string[],
  { now, today }: { now: Date; today: string },
) {
  return patientIds.flatMap((patientId) => {
    if (!faker.datatype.boolean(0.33)) return []
    return faker.helpers.arrayElements(TITLES, { min: 1, max: 4 }).map(([kind, title]) => {
      const days = faker.number.int({ min: 1, max: 700 })
      return {
        id: stableId(`${practice.key}/document/${patientId}/${kind}`),
        tenant_id: practice.id,
        patient_id: patientId,
        kind,
        title,
        received_on: addDays(today, -days),
        pages: faker.number.int({ min: 1, max: 6 }),
        status: 'active',
        created_at: new Date(now.getTime() - days * 86_400_000).toISOString(),
      }
    })
  })
}
