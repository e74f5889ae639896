import { create, defineFixtures } from '../testing/test-fixtures.ts'
import type { Place, World } from '../testing/world.ts'
import { recalls } from './recall.ts'

/** The newest visit of the recalls' patient at each location. */
const visits = new Map<string, string>()

const recall = (world: World, at: Place) => ({
  locationId: at.id,
  patientId: world.patientIds[2],
  kind: 'annual_check',
  dueOn: '2027-06-01',
  note: 'A private word',
})

export const recallFixtures = defineFixtures({
  aggregate: recalls,
  async make(world, at) {
    const client = await world.as('schedule')
    const visit = { locationId: at.id, patientId: world.patientIds[2], providerId: at.providerIds[0], ...world.slot() }
    visits.set(at.id, (await create(client, '/appointments', { ...visit, type: 'skin_check' })).id)
    return create(client, '/recalls', recall(world, at))
  },
  bodies: {
    create: recall,
    update: () => ({ kind: 'follow_up', note: 'A private word more' }),
    plan: () => ({ dueOn: '2027-06-02' }),
    contact: () => ({ outcome: 'left_message' }),
    schedule: (_, at) => ({ appointmentId: visits.get(at.id) ?? crypto.randomUUID() }),
    complete: () => ({ code: 'seen_elsewhere' }),
    decline: () => ({ code: 'patient_request' }),
    'mark-unreachable': () => ({ code: 'no_answer' }),
  },
  query: (_, at) => `?locationId=${at.id}&dueBefore=2027-06-02`,
  columnsIn: {
    scheduled: `appointment_id = (SELECT id FROM appointments a WHERE a.tenant_id = recalls.tenant_id LIMIT 1)`,
    completed: `close_code = 'visit_completed'`,
    declined: `close_code = 'other'`,
    unreachable: `close_code = 'no_answer'`,
  },
  words: ['private word'],
})
