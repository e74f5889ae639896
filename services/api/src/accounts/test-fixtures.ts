import { createPatient } from '../patients/test-fixtures.ts'
import { create, defineFixtures } from '../testing/test-fixtures.ts'
import type { World } from '../testing/world.ts'
import { accounts } from './account.ts'

/** Of a patient of its own: each has one account. */
const account = async (world: World) => ({ patientId: (await createPatient(world)).id })

export const accountFixtures = defineFixtures({
  aggregate: accounts,
  make: async (world) => create(await world.as('take_copay'), '/accounts', await account(world)),
  bodies: {
    create: account,
    copay: () => ({ amountCents: 2_571_903 }),
    adjust: () => ({ code: 'charge', amountCents: 1_801_347 }),
  },
  query: (world) => `?patientId=${world.patientIds[0]}`,
  words: ['2571903', '1801347', 'Cents', 'charge'],
})
