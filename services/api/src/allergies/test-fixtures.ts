import { create, defineFixtures } from '../testing/test-fixtures.ts'
import type { World } from '../testing/world.ts'
import { allergies } from './allergy.ts'

let changes = 0

const allergy = (world: World) => ({
  patientId: world.patientIds[0],
  substance: 'Penicillin',
  reaction: 'Anaphylaxis',
  severity: 'severe',
})

export const allergyFixtures = defineFixtures({
  aggregate: allergies,
  make: async (world) => create(await world.as('document'), '/allergies', allergy(world)),
  bodies: {
    create: allergy,
    update: () => ({ substance: `Penicillin ${changes++}`, severity: 'moderate' }),
    'mark-in-error': () => ({}),
  },
  query: (world) => `?patientId=${world.patientIds[0]}&status=active`,
  words: ['Penicillin', 'Anaphylaxis', 'severe', 'moderate'],
})
