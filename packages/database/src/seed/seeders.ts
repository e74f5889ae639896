import { makeAccounts } from './accounts.ts'
import { makeAllergies } from './allergies.ts'
import { makeCoverages } from './coverages.ts'
import { makeDocuments } from './documents.ts'
import { makePatients } from './people.ts'
import type { SeedPractice } from './practices.ts'
import { makeRecalls } from './recalls.ts'
import { makeAppointments } from './schedule.ts'
import { COUNTS, defineSeeder, spanOf, startFaker, type SeedContext, type Seeder } from './seeder.ts'
import { makeWaitlist } from './waitlist.ts'

/** Every table that the seed fills, in the order in which one may refer to another. A new aggregate adds its line. */
export const SEEDERS: readonly Seeder[] = [
  defineSeeder('tenants', ({ practice }) => [{ id: practice.id, name: practice.name }]),
  defineSeeder('locations', ({ practice }) =>
    practice.locations.map(({ id, name, timeZone, opensAt, closesAt }) => ({
      id,
      tenant_id: practice.id,
      name,
      time_zone: timeZone,
      opens_at: opensAt,
      closes_at: closesAt,
    })),
  ),
  defineSeeder('rooms', ({ practice }) =>
    practice.locations.flatMap((location) =>
      location.rooms.map((room) => ({ ...room, tenant_id: practice.id, location_id: location.id })),
    ),
  ),
  defineSeeder('providers', ({ practice, providers }) =>
    providers.map(({ id, displayName, specialty }) => ({
      id,
      tenant_id: practice.id,
      display_name: displayName,
      specialty,
    })),
  ),
  defineSeeder('provider_locations', ({ practice, providers }) =>
    providers.flatMap((provider) =>
      [...new Set([provider.location, provider.fridays])].map((at) => ({
        tenant_id: practice.id,
        provider_id: provider.id,
        location_id: practice.locations[at]?.id,
      })),
    ),
  ),
  defineSeeder('users', async ({ practice, providers, passwordHash }) => {
    const password_hash = await passwordHash()
    return practice.users.map(({ id, email, displayName, key }) => ({
      id,
      tenant_id: practice.id,
      email,
      display_name: displayName,
      password_hash,
      provider_id: key === 'provider' ? providers[0]?.id : null,
    }))
  }),
  defineSeeder('user_access', ({ practice }) => toAccess(practice)),
  defineSeeder('patients', ({ practice, faker, size, today }) =>
    makePatients(faker, practice, COUNTS[size].patients[practice.key as 'lakeside' | 'summit'], today),
  ),
  defineSeeder('appointments', async (context) => {
    const { faker, practice, providers, now } = context
    return makeAppointments(faker, practice, providers, await context.patientIds(), now, spanOf(context))
  }),
  defineSeeder('waitlist_entries', async ({ faker, practice, providers, patientIds, now, size }) =>
    makeWaitlist(faker, practice, providers, await patientIds(), now, COUNTS[size].waitlist),
  ),
  defineSeeder('recalls', async ({ faker, practice, patientIds, visits, now, size }) =>
    makeRecalls(faker, practice, { patientIds: await patientIds(), visits: await visits() }, now, COUNTS[size].recalls),
  ),
  defineSeeder('coverages', async ({ faker, practice, patientIds, ...when }) =>
    makeCoverages(faker, practice, await patientIds(), when),
  ),
  defineSeeder('allergies', async ({ faker, practice, patientIds, now }) =>
    makeAllergies(faker, practice, await patientIds(), now),
  ),
  defineSeeder('patient_documents', async ({ faker, practice, patientIds, ...when }) =>
    makeDocuments(faker, practice, await patientIds(), when),
  ),
  defineSeeder('accounts', async (context) => (await accountsOf(context)).accounts),
  defineSeeder('account_entries', async (context) => (await accountsOf(context)).entries),
]

async function accountsOf({ faker, practice, patientIds, now }: SeedContext) {
  return makeAccounts(startFaker(faker, practice, 'accounts'), practice, await patientIds(), now)
}

function toAccess(practice: SeedPractice) {
  return practice.users.map((user) => ({
    user_id: user.id,
    tenant_id: practice.id,
    version: 1,
    active: true,
    grants: (user.locationKeys ?? [null]).map((key) => ({
      role: user.role,
      locationId: practice.locations.find((location) => location.key === key)?.id ?? null,
    })),
    locations: practice.locations.map((location) => location.id),
    ended_sessions: [],
  }))
}
