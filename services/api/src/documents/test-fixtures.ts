import { create, defineFixtures } from '../testing/test-fixtures.ts'
import type { World } from '../testing/world.ts'
import { documents } from './document.ts'

let changes = 0

const document = (world: World) => ({
  patientId: world.patientIds[0],
  kind: 'referral',
  title: 'A private letter',
  receivedOn: '2026-11-02',
  pages: 3,
})

export const documentFixtures = defineFixtures({
  aggregate: documents,
  make: async (world) => create(await world.as('demographics'), '/documents', document(world)),
  bodies: {
    create: document,
    update: () => ({ title: `A private letter ${changes++}`, kind: 'letter' }),
    'mark-in-error': () => ({}),
  },
  query: (world) => `?patientId=${world.patientIds[0]}`,
  words: ['private', 'letter', '2026-11-02'],
})
