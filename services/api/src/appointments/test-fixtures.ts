import { create, defineFixtures } from '../testing/test-fixtures.ts'
import type { Place, World } from '../testing/world.ts'
import { appointments } from './appointment.ts'

const booking = (world: World, at: Place) => ({
  locationId: at.id,
  providerId: at.providerIds[0],
  patientId: world.patientIds[0],
  type: 'skin_check',
  note: 'A private word',
  ...world.slot(),
})

export const appointmentFixtures = defineFixtures({
  aggregate: appointments,
  make: async (world, at) => create(await world.as('schedule'), '/appointments', booking(world, at)),
  bodies: {
    create: booking,
    update: () => ({ type: 'biopsy', note: 'A private word more' }),
    confirm: () => ({}),
    'check-in': () => ({}),
    room: (_, at) => ({ roomId: at.roomIds[0] }),
    stage: () => ({ stage: 'with_provider' }),
    complete: () => ({}),
    cancel: () => ({ cancelCode: 'illness' }),
    'no-show': () => ({}),
    reschedule: (world) => world.slot(),
  },
  query: (_, at) => `?locationId=${at.id}&from=2027-06-01T00:00:00Z&to=2027-07-30T00:00:00Z`,
  words: ['private word'],
})
