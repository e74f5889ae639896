import { create, defineFixtures } from '../testing/test-fixtures.ts'
import type { World } from '../testing/world.ts'
import { patients } from './patient.ts'

let changes = 0

const person = () => ({ firstName: 'Ada', lastName: `Privateperson ${changes++}`, dateOfBirth: '1980-01-01' })
export const createPatient = async (world: World) =>
  create(await world.as('demographics'), '/patients', { ...person(), phone: '+1 555 0100' })

export const patientFixtures = defineFixtures({
  aggregate: patients,
  make: createPatient,
  bodies: {
    create: person,
    update: () => ({ lastName: `Privateperson ${changes++}`, phone: `+1 555 0100${changes}` }),
    flag: () => ({ flags: ['wheelchair', 'do_not_contact'] }),
    merge: async (world) => ({ intoId: (await createPatient(world)).id }),
  },
  query: null,
  columnsIn: {
    merged: `merged_into_id = (SELECT id FROM patients o WHERE o.tenant_id = patients.tenant_id AND o.id <> patients.id LIMIT 1)`,
  },
  words: ['wheelchair', 'do_not_contact', 'Privateperson', '555 0100', '1980-01-01'],
})
