import { defineFixtures } from '../testing/test-fixtures.ts'
import { patients } from './patient.ts'

let changes = 0

export const patientFixtures = defineFixtures({
  aggregate: patients,
  async make({ sql, tenantId }) {
    const [row] = await sql<{ id: string }>(
      `INSERT INTO patients (tenant_id, id, mrn, first_name, last_name, date_of_birth, updated_at)
       VALUES ($1, gen_random_uuid(), 'X' || gen_random_uuid(), 'Ada', 'Privateperson', '1980-01-01', now()) RETURNING id`,
      [tenantId],
    )
    return { id: row!.id, version: 1 }
  },
  bodies: { update: () => ({ lastName: `Privateperson ${changes++}`, phone: `+1 555 0100${changes}` }) },
  query: null,
  words: ['Privateperson', '555 0100'],
})
