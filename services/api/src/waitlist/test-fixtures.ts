import { create, defineFixtures } from '../testing/test-fixtures.ts'
import type { Place, World } from '../testing/world.ts'
import { waitlist } from './waitlist-entry.ts'

const entry = (world: World, at: Place) => ({
  locationId: at.id,
  patientId: world.patientIds[1],
  type: 'mohs',
  earliestDate: '2027-06-01',
  note: 'A private word',
})

export const waitlistFixtures = defineFixtures({
  aggregate: waitlist,
  make: async (world, at) => create(await world.as('schedule'), '/waitlist', entry(world, at)),
  bodies: {
    create: entry,
    offer: (world, at) => ({ providerId: at.providerIds[0], ...world.slot() }),
    remove: () => ({ code: 'unreachable' }),
  },
  query: (_, at) => `?locationId=${at.id}`,
  columnsIn: { removed: `removal_code = 'other'` },
  words: ['private word'],
})
