import type { AccountEntryCode } from '@derm/contract'
import type { Faker } from '@faker-js/faker'
import type { SeedPractice } from './practices.ts'
import { stableId } from './stable-id.ts'

type Line = { code: AccountEntryCode; amount_cents: number }
/** What a visit leaves in the ledger: the patient's share, and what was paid of it. */
const VISITS: readonly (readonly Line[])[] = [
  [
    { code: 'charge', amount_cents: 4_000 },
    { code: 'copay', amount_cents: -4_000 },
  ],
  [
    { code: 'charge', amount_cents: 18_550 },
    { code: 'copay', amount_cents: -3_000 },
    { code: 'payment', amount_cents: -10_000 },
  ],
  [
    { code: 'charge', amount_cents: 7_215 },
    { code: 'adjustment', amount_cents: -2_215 },
  ],
  [{ code: 'copay', amount_cents: -2_500 }],
]

/** A third of the patients have an account, with the lines of one to three visits. Both tables follow from this, so that they agree. */
export function makeAccounts(faker: Faker, practice: SeedPractice, patientIds: readonly string[], now: Date) {
  const actor_id = practice.users.find(({ key }) => key === 'frontdesk')?.id
  const all = patientIds.flatMap((patientId) => {
    if (!faker.datatype.boolean(0.33)) return []
    const id = stableId(`${practice.key}/account/${patientId}`)
    const lines = faker.helpers.multiple(() => faker.helpers.arrayElement(VISITS), { count: { min: 1, max: 3 } }).flat()
    const entries = lines.map(({ code, amount_cents }, index) => ({
      id: stableId(`${practice.key}/account-entry/${patientId}/${index}`),
      tenant_id: practice.id,
      account_id: id,
      code,
      amount_cents,
      actor_id,
      at: new Date(now.getTime() - (60 - index * 7) * 86_400_000).toISOString(),
    }))
    const account = {
      id,
      tenant_id: practice.id,
      version: 1 + entries.length,
      patient_id: patientId,
      balance_cents: entries.reduce((sum, { amount_cents }) => sum + amount_cents, 0),
    }
    return [{ account, entries }]
  })
  return { accounts: all.map(({ account }) => account), entries: all.flatMap(({ entries }) => entries) }
}
