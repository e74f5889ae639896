import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LocationId, TenantId } from '@derm/contract'
import {
  createPrisma,
  getSeedIds,
  seed,
  withTenant,
  type PrismaClient,
  type Statement,
  type TenantTx,
} from '@derm/database'
import { useTestDatabase } from '@derm/test-kit'
import { accounts } from './accounts/account.ts'
import { accountList } from './accounts/routes.ts'
import { readPage } from './aggregate/entity-reads.ts'
import { allergies } from './allergies/allergy.ts'
import { allergyList } from './allergies/routes.ts'
import { appointments } from './appointments/appointment.ts'
import { appointmentList } from './appointments/routes.ts'
import { readAuditLog } from './audit-log/queries.ts'
import { coverages } from './coverages/coverage.ts'
import { coverageList } from './coverages/routes.ts'
import { documents } from './documents/document.ts'
import { documentList } from './documents/routes.ts'
import { searchPatients } from './patients/queries.ts'
import { recalls } from './recalls/recall.ts'
import { recallList } from './recalls/routes.ts'
import { waitlistList } from './waitlist/routes.ts'
import { waitlist } from './waitlist/waitlist-entry.ts'

const db = useTestDatabase()
const { lakeside } = getSeedIds()
const tenantId = TenantId.parse(lakeside.tenantId)
const locationId = LocationId.parse(lakeside.locations['downtown']!.id)
const patientId = lakeside.patientIds[0]!
const here = { tenantId, at: locationId, locations: [locationId] }
const statements: Statement[] = []
let prisma: PrismaClient
let client: pg.Client

beforeAll(async () => {
  await seed(db.ownerUrl, { size: 'small' })
  const superuser = new pg.Client(db.superuserUrl)
  await superuser.connect()
  // Enough that reading the table costs more than an index, in a tenant that does not have the table to itself.
  await superuser.query(
    `INSERT INTO patients (id, tenant_id, mrn, first_name, last_name, date_of_birth, updated_at)
     SELECT gen_random_uuid(), tenants.id, 'T' || i, md5('first' || i), md5('last' || i), '1980-01-01', now()
     FROM tenants, generate_series(1, 10000) AS i`,
  )
  await superuser.query('ANALYZE')
  await superuser.end()
  client = new pg.Client(db.apiUrl)
  await client.connect()
  prisma = createPrisma(db.apiUrl, { max: 1, onStatement: (statement) => statements.push(statement) })
})
afterAll(() => Promise.all([client?.end(), prisma?.$disconnect()]))

/** What Postgres does for the statement that Prisma sends for `read` to `table`: as the API's role, under the tenant's policy. */
async function explain(table: string, read: (tx: TenantTx) => Promise<unknown>, settings: string): Promise<string> {
  statements.length = 0
  await withTenant(prisma, tenantId, read)
  const sent = statements.filter(({ sql }) => sql.startsWith('SELECT') && sql.includes(`FROM "public"."${table}"`))
  expect(sent).toHaveLength(1)
  const [{ sql, values }] = sent as [Statement]
  try {
    await client.query(`BEGIN; ${settings}`)
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId])
    await client.query(`PREPARE sent AS ${sql}`)
    const literals = values.map((value) => pg.escapeLiteral(String(value)))
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE sent (${literals.join(', ')})`)
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  } finally {
    await client.query('ROLLBACK; DEALLOCATE ALL')
  }
}

/** Prisma's statements are prepared: Postgres plans them for their values first, and later perhaps once for all. */
describe.each(['force_custom_plan', 'force_generic_plan'])('under row-level security, with %s', (mode) => {
  const planning = `SET LOCAL plan_cache_mode = ${mode};`

  it.each([
    ['one word', 'smi', [/name_key >=.*name_key </, /given_key >=.*given_key </, /mrn =/]],
    [
      'first and last name',
      'ann smi',
      [/name_key >=.*name_key </, /given_key >=.*given_key </, /mrn =/, /name_key >=.*name_key </],
    ],
  ])('indexes answer the search for patients by %s, and nothing reads the table', async (_, query, conditions) => {
    const plan = await explain('patients', (tx) => searchPatients(tx, tenantId, { query, limit: 20 }), planning)
    expect(plan).not.toContain('Seq Scan')
    const found = plan.split('\n').filter((line) => line.includes('Index Cond: '))
    for (const condition of conditions)
      expect(found).toContainEqual(expect.stringMatching(new RegExp(`tenant_id.*${condition.source}`)))
    // Each index is asked for a range: a scan that has the tenant alone to go by reads all of its patients.
    for (const line of found) expect(line).toMatch(/_key|mrn/)
  })

  // These tables are small here: what is asked is whether an index can answer in order, not whether it pays.
  const inOrder = `${planning} SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off;`
  it.each<[string, string, (tx: TenantTx) => Promise<unknown>, RegExp]>([
    [
      'appointments of a location by time',
      'appointments',
      (tx) =>
        readPage(
          tx,
          appointments,
          appointmentList,
          { locationId, from: '2026-11-25T00:00:00Z', to: '2026-11-26T00:00:00Z', limit: 100 },
          here,
        ),
      /Index Cond: .*tenant_id.*location_id.*starts_at.*starts_at/,
    ],
    [
      'the waitlist of a location',
      'waitlist_entries',
      (tx) => readPage(tx, waitlist, waitlistList, { locationId, limit: 100 }, here),
      /Index Cond: .*tenant_id.*location_id/,
    ],
    [
      'recalls of a location by day',
      'recalls',
      (tx) => readPage(tx, recalls, recallList, { locationId, dueBefore: '2026-12-01', limit: 100 }, here),
      /Index Cond: .*tenant_id.*location_id.*due_on/,
    ],
    [
      'the insurances of a patient',
      'coverages',
      (tx) => readPage(tx, coverages, coverageList, { patientId, limit: 100 }, here),
      /Index Cond: .*tenant_id.*patient_id/,
    ],
    [
      'the allergies of a patient',
      'allergies',
      (tx) => readPage(tx, allergies, allergyList, { patientId, limit: 100 }, here),
      /Index Cond: .*tenant_id.*patient_id/,
    ],
    [
      'the documents of a patient',
      'patient_documents',
      (tx) => readPage(tx, documents, documentList, { patientId, limit: 100 }, here),
      /Index Cond: .*tenant_id.*patient_id/,
    ],
    [
      'the audit log',
      'audit_log',
      (tx) => readAuditLog(tx, tenantId, { limit: 100 }),
      /audit_log_\w+_tenant_id_at_id_idx[^]*Index Cond: .*tenant_id/,
    ],
    [
      'the audit log of a subject',
      'audit_log',
      (tx) => readAuditLog(tx, tenantId, { subjectId: patientId, limit: 100 }),
      /Index Cond: .*tenant_id.*subject_id/,
    ],
    [
      'the audit log of an actor',
      'audit_log',
      (tx) => readAuditLog(tx, tenantId, { actorId: patientId, limit: 100 }),
      /Index Cond: .*tenant_id.*actor_id/,
    ],
    [
      'all patients by name',
      'patients',
      (tx) => searchPatients(tx, tenantId, { query: '', limit: 20 }),
      /patients_tenant_id_name_key_id_idx[^]*Index Cond: .*tenant_id/,
    ],
  ])('an index answers in order: %s', async (_, table, read, condition) => {
    const plan = await explain(table, read, inOrder)
    expect(plan).toMatch(condition)
    // A merge of partitions that are each read in order has a sort key, and sorts nothing.
    expect(plan).not.toMatch(/Seq Scan|-> +(Incremental )?Sort/)
  })

  it('the account of a patient is looked up, not searched for', async () => {
    const plan = await explain(
      'accounts',
      (tx) => readPage(tx, accounts, accountList, { patientId, limit: 1 }, here),
      `${planning} SET LOCAL enable_seqscan = off;`,
    )
    expect(plan).toMatch(/accounts_tenant_id_patient_id_key[^]*Index Cond: .*tenant_id.*patient_id/)
  })
})
