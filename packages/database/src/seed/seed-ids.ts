import type { LocationId, TenantId, UserId } from '@derm/contract'
import { PRACTICES, SEED_PASSWORD, type SeedPractice } from './practices.ts'
import { stableId } from './stable-id.ts'

/** What can sign in after seeding. `locations`: names of those that the account's role holds in. */
export type SeedAccount = { email: string; password: string; label: string; tenant: string; locations: string[] }

export const SEED_ACCOUNTS: readonly SeedAccount[] = PRACTICES.flatMap((practice) =>
  practice.users.map((user) => ({
    email: user.email,
    password: SEED_PASSWORD,
    label: user.label,
    tenant: practice.name,
    locations: practice.locations
      .filter((location) => user.locationKeys === null || user.locationKeys.includes(location.key))
      .map((location) => location.name),
  })),
)

export const providerId = (practice: SeedPractice, locationKey: string, index: number) =>
  stableId(`${practice.key}/provider/${locationKey}/${index}`)
export const patientId = (practice: SeedPractice, index: number) => stableId(`${practice.key}/patient/${index}`)

export type SeedTenantIds = {
  tenantId: TenantId
  /** By key; lakeside: downtown, north, harbor; summit: main, north, desert. */
  locations: Record<string, { id: LocationId; timeZone: string; roomIds: string[]; providerIds: string[] }>
  /** By the part of the email before the `@`. */
  users: Record<string, { id: UserId; email: string }>
  /** Forty that every size of the seed has. */
  patientIds: string[]
}

/** The ids of what every size of the seed has: per location two providers, per tenant forty patients. */
export function getSeedIds(): Record<'lakeside' | 'summit', SeedTenantIds> {
  const ids = PRACTICES.map((practice): [string, SeedTenantIds] => [
    practice.key,
    {
      tenantId: practice.id,
      locations: Object.fromEntries(
        practice.locations.map((location) => [
          location.key,
          {
            id: location.id,
            timeZone: location.timeZone,
            roomIds: location.rooms.map((room) => room.id),
            providerIds: [0, 1].map((index) => providerId(practice, location.key, index)),
          },
        ]),
      ),
      users: Object.fromEntries(practice.users.map((user) => [user.key, { id: user.id, email: user.email }])),
      patientIds: Array.from({ length: 40 }, (_, index) => patientId(practice, index)),
    },
  ])
  return Object.fromEntries(ids) as Record<'lakeside' | 'summit', SeedTenantIds>
}
