import type { Faker } from '@faker-js/faker'
import type { CoverageRank, EligibilityStatus } from '@derm/contract'
import { addDays } from './local-day.ts'
import type { SeedPractice } from './practices.ts'
import { stableId } from './stable-id.ts'

/** Payers that do not exist. */
const PAYERS = [
  ['Prairie Blue Health', ['PPO 500', 'PPO 1500', 'HMO Select']],
  ['Great Lakes Mutual', ['Choice Plus', 'Open Access']],
  ['Union Trades Benefit Fund', ['Journeyman', 'Retiree']],
  ['Federal Senior Plan', ['Part B']],
  ['Copper Canyon Health', ['Silver 70', 'Gold 80']],
] as const

/** Of a hundred: what is known of them, and how many days ago the payer answered. Answers of more than 30 days are stale. */
const ELIGIBILITY: readonly { weight: number; value: readonly [EligibilityStatus, number | null] }[] = [
  { weight: 45, value: ['active', 4] },
  { weight: 16, value: ['active', 19] },
  { weight: 14, value: ['active', 75] },
  { weight: 12, value: ['unknown', null] },
  { weight: 4, value: ['inactive', 9] },
  { weight: 3, value: ['requested', 90] },
  { weight: 3, value: ['not_found', 2] },
  { weight: 3, value: ['payer_down', 40] },
]

/** Nine of ten patients have a primary insurance, a quarter of these a secondary one, a tenth an earlier one that has ended. */
export function makeCoverages(
  faker: Faker,
  practice: SeedPractice,
  patientIds: readonly string[],
  { now, today }: { now: Date; today: string },
) {
  const make = (
    patientId: string,
    rank: CoverageRank,
    [from, to]: readonly [string, string | null],
    minutes: number,
  ) => {
    const [payer, plans] = faker.helpers.arrayElement(PAYERS)
    const [status, days] =
      to === null ? faker.helpers.weightedArrayElement([...ELIGIBILITY]) : (['inactive', 200] as const)
    return {
      id: stableId(`${practice.key}/coverage/${patientId}/${rank}/${to === null ? 'current' : 'ended'}`),
      tenant_id: practice.id,
      patient_id: patientId,
      payer_name: payer,
      member_id: faker.string.alphanumeric({ length: 10, casing: 'upper' }),
      plan_name: faker.helpers.arrayElement(plans),
      rank,
      effective_from: from,
      effective_to: to,
      status,
      checked_at: days === null ? null : new Date(now.getTime() - days * 86_400_000).toISOString(),
      created_at: new Date(now.getTime() - 100 * 86_400_000 + minutes * 60_000).toISOString(),
    }
  }
  return patientIds.flatMap((patientId) => {
    if (!faker.datatype.boolean(0.9)) return []
    const from = addDays(today, -faker.number.int({ min: 200, max: 900 }))
    const ended = faker.datatype.boolean(0.1)
      ? [make(patientId, 'primary', [addDays(from, -730), addDays(from, -1)], 0)]
      : []
    const secondary = faker.datatype.boolean(0.25) ? [make(patientId, 'secondary', [from, null], 2)] : []
    return [...ended, make(patientId, 'primary', [from, null], 1), ...secondary]
  })
}
