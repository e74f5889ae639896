import { create, defineFixtures } from '../testing/test-fixtures.ts'
import type { World } from '../testing/world.ts'
import { coverages } from './coverage.ts'

let members = 0

const coverage = (world: World) => ({
  patientId: world.patientIds[0],
  payerName: 'Private Payer',
  memberId: `M-PRIVATE-${members++}`,
  planName: 'Private plan',
  rank: 'secondary',
  effectiveFrom: '2026-01-01',
})

export const coverageFixtures = defineFixtures({
  aggregate: coverages,
  make: async (world) => create(await world.as('insurance'), '/coverages', coverage(world)),
  bodies: {
    create: coverage,
    update: () => ({ memberId: `M-PRIVATE-${members++}` }),
    verify: () => ({}),
    'record-eligibility': () => ({ outcome: 'active' }),
    end: () => ({ effectiveTo: '2027-12-31' }),
  },
  query: (world) => `?patientId=${world.patientIds[0]}`,
  words: ['PRIVATE', 'Private', '2026-01-01', '2027-12-31'],
})
