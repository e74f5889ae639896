import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPrisma, getSeedIds, seed, toPrefixRange, withTenant, type PrismaClient } from './index.ts'
import { useTestDatabase } from '@derm/local-servers/testing'

const db = useTestDatabase()
const { lakeside } = getSeedIds()
const location = lakeside.locations['downtown']!.id
let client: pg.Client
let prisma: PrismaClient
beforeAll(async () => {
  await seed(db.ownerUrl, { size: 'small' })
  client = new pg.Client(db.apiUrl)
  await client.connect()
  // The tables are small here: what is asked is whether an index can answer, not whether it pays.
  await client.query('SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off')
  prisma = createPrisma(db.apiUrl, { max: 1 })
})
afterAll(() => Promise.all([client.end(), prisma.$disconnect()]))

it.each([
  [
    'appointments of a location by time',
    `SELECT * FROM appointments WHERE location_id = '${location}' AND starts_at >= now() AND starts_at < now() + '1 day'
     ORDER BY starts_at, id LIMIT 100`,
    /Index Cond: .*tenant_id.*location_id.*starts_at.*starts_at/,
  ],
  [
    'the waitlist of a location',
    `SELECT * FROM waitlist_entries WHERE location_id = '${location}' ORDER BY created_at, id LIMIT 100`,
    /Index Cond: .*tenant_id.*location_id/,
  ],
  [
    'patients whose last name begins so',
    `SELECT id FROM patients WHERE name_key >= 'smi' AND name_key < 'smi~' ORDER BY name_key, id LIMIT 20`,
    /Index Cond: .*tenant_id.*name_key >=.*name_key </,
  ],
  [
    'patients whose first name begins so',
    `SELECT id FROM patients WHERE given_key >= 'an' AND given_key < 'an~' ORDER BY given_key, id LIMIT 20`,
    /Index Cond: .*tenant_id.*given_key >=.*given_key </,
  ],
])('an index answers, under row-level security and in order: %s', async (_, sql, condition) => {
  await client.query('BEGIN')
  await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [lakeside.tenantId])
  const { rows } = await client.query(`EXPLAIN ${sql}`)
  await client.query('ROLLBACK')
  const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n')
  expect(plan).toMatch(condition)
  expect(plan).not.toMatch(/Seq Scan on|Sort/)
})

it('a prefix’s range holds what begins with it, accents included, and nothing else', async () => {
  const found = await withTenant(prisma, lakeside.tenantId, async (tx) => {
    const names = ['Zzyx', 'Zzyxé', 'ZZYXON', 'Zzyw', 'Zzy']
    for (const [index, lastName] of names.entries())
      await tx.patient.create({
        data: {
          tenantId: lakeside.tenantId,
          mrn: `T${index}`,
          firstName: 'A',
          lastName,
          dateOfBirth: new Date('1980-01-01'),
        },
      })
    return tx.patient.findMany({ where: { nameKey: toPrefixRange('zzyx') }, orderBy: { nameKey: 'asc' } })
  })
  expect(found.map((patient) => patient.lastName)).toEqual(['Zzyx', 'ZZYXON', 'Zzyxé'])
})
