import type { Faker } from '@faker-js/faker'
import type { SeedPractice } from './practices.ts'
import { stableId } from './stable-id.ts'

const KNOWN = [
  ['Penicillin', 'Hives'],
  ['Sulfonamides', 'Rash'],
  ['Latex', 'Contact dermatitis'],
  ['Lidocaine', 'Swelling'],
  ['Neomycin', 'Contact dermatitis'],
  ['Adhesive tape', 'Blisters'],
  ['Nickel', 'Contact dermatitis'],
  ['Chlorhexidine', 'Shortness of breath'],
  ['Cephalexin', null],
] as const

/** A third of the patients have some; one in twenty was entered in error. */
export function makeAllergies(faker: Faker, practice: SeedPractice, patientIds: readonly string[], now: Date) {
  return patientIds.flatMap((patientId) => {
    if (!faker.datatype.boolean(0.33)) return []
    return faker.helpers.arrayElements(KNOWN, { min: 1, max: 3 }).map(([substance, reaction], index) => {
      const isError = faker.datatype.boolean(0.05)
      return {
        id: stableId(`${practice.key}/allergy/${patientId}/${substance}`),
        tenant_id: practice.id,
        version: isError ? 2 : 1,
        patient_id: patientId,
        substance,
        reaction,
        severity: faker.helpers.weightedArrayElement([
          { value: 'mild', weight: 5 },
          { value: 'moderate', weight: 3 },
          { value: 'severe', weight: 2 },
        ]),
        status: isError ? 'entered_in_error' : 'active',
        created_at: new Date(now.getTime() - (90 - index) * 86_400_000).toISOString(),
      }
    })
  })
}
