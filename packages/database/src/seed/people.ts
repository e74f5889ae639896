import type { PatientFlag } from '@derm/contract'
import type { Faker } from '@faker-js/faker'
import { patientId, providerId } from './seed-ids.ts'
import type { SeedPractice } from './practices.ts'
import { addDays } from './local-day.ts'

export type PatientRow = {
  id: string
  tenant_id: string
  mrn: string
  first_name: string
  last_name: string
  date_of_birth: string
  sex: 'female' | 'male' | 'other' | 'unknown'
  phone: string | null
  email: string | null
  flags: PatientFlag[]
}

/** `location`: where the provider works; on Fridays, where `fridays` says. */
export type SeedProvider = { id: string; displayName: string; specialty: string; location: number; fridays: number }

const SPECIALTIES = [
  'Medical dermatology',
  'Medical dermatology',
  'Mohs surgery',
  'Cosmetic dermatology',
  'Pediatric dermatology',
]

export function makeProviders(faker: Faker, practice: SeedPractice, perLocation: number): SeedProvider[] {
  return practice.locations.flatMap((location, at) =>
    Array.from({ length: perLocation }, (_, index) => {
      const name = `Dr. ${faker.person.firstName()} ${faker.person.lastName()}`
      const isSignedIn = at === 0 && index === 0
      return {
        id: providerId(practice, location.key, index),
        // The account `provider@…` is the first location's first provider, and helps out in the second on Fridays.
        displayName: isSignedIn ? (practice.users.find((user) => user.key === 'provider')?.displayName ?? name) : name,
        specialty: SPECIALTIES[index % SPECIALTIES.length] ?? 'Medical dermatology',
        location: at,
        fridays: index === 0 ? (at + 1) % practice.locations.length : at,
      }
    }),
  )
}

/** Of sixty patients, by their place among them. */
const FLAGS: Partial<Record<number, PatientFlag[]>> = {
  3: ['interpreter_needed'],
  11: ['wheelchair', 'fall_risk'],
  19: ['latex'],
  27: ['do_not_contact'],
  38: ['interpreter_needed', 'latex'],
}

/** Nobody real: invented names, 555 numbers, and addresses in a domain that cannot exist. */
export function makePatients(faker: Faker, practice: SeedPractice, count: number, today: string): PatientRow[] {
  return Array.from({ length: count }, (_, index) => {
    const sex = faker.helpers.weightedArrayElement([
      { value: 'female' as const, weight: 54 },
      { value: 'male' as const, weight: 43 },
      { value: 'other' as const, weight: 1 },
      { value: 'unknown' as const, weight: 2 },
    ])
    const first = faker.person.firstName(sex === 'female' || sex === 'male' ? sex : undefined)
    const last = faker.person.lastName()
    // Dermatology's patients: mostly older, some children.
    const age = Math.min(97, Math.max(1, Math.round(52 + 22 * (faker.number.float() + faker.number.float() - 1) * 2)))
    return {
      id: patientId(practice, index),
      tenant_id: practice.id,
      mrn: `${practice.key.slice(0, 1).toUpperCase()}${String(100_000 + index)}`,
      first_name: first,
      last_name: last,
      date_of_birth: addDays(today, -Math.round(age * 365.25) - faker.number.int({ min: 0, max: 364 })),
      sex,
      phone: faker.datatype.boolean(0.9)
        ? `(${faker.string.numeric({ length: 3, allowLeadingZeros: false })}) 555-01${faker.string.numeric(2)}`
        : null,
      email: faker.datatype.boolean(0.75) ? `${slug(first)}.${slug(last)}${index}@patients.example` : null,
      flags: FLAGS[index % 60] ?? [],
    }
  })
}

const slug = (name: string) => name.toLowerCase().replace(/[^a-z]/g, '')
