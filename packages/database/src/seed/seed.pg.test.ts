import pg from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { SEED_ACCOUNTS, getSeedIds, seed } from '../index.ts'
import { SEEDERS } from './seeders.ts'
import { useTestDatabase } from '@derm/local-servers/testing'

const db = useTestDatabase()
/** A Wednesday, 10:30 in Chicago. */
const today = new Date('2026-11-25T16:30:00Z')
let filled: string[]

beforeAll(async () => {
  filled = await seed(db.ownerUrl, { size: 'full', today })
})

async function ask(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(db.superuserUrl)
  await client.connect()
  return client
    .query(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end())
}
const count = async (sql: string) => Number((await ask(`SELECT count(*) AS n FROM ${sql}`))[0]?.['n'])

it('fills an empty database, and leaves a full one alone', async () => {
  expect(filled).toHaveLength(2 * SEEDERS.length)
  const before = await count('appointments')
  expect(await seed(db.ownerUrl, { size: 'full' })).toEqual([])
  expect(await seed(db.ownerUrl, { size: 'small' })).toEqual([])
  expect(await count('appointments')).toBe(before)
})

it('[SEED1] fills every table of entities', async () => {
  const tables = await ask(
    `SELECT table_name AS name FROM information_schema.columns WHERE column_name = 'version' AND table_schema = 'public'`,
  )
  const seeded = SEEDERS.map(({ table }) => table)
  expect(tables.map(({ name }) => name as string).filter((name) => !seeded.includes(name))).toEqual([])
})

describe('a database that an earlier version filled', () => {
  it.each([
    [
      'the table that it did not have',
      'DELETE FROM waitlist_entries',
      ['lakeside/waitlist_entries', 'summit/waitlist_entries'],
    ],
    [
      'one practice’s tables, with the same rows',
      ['recalls', 'appointments']
        .map((table) => `DELETE FROM ${table} WHERE tenant_id = '${getSeedIds().summit.tenantId}'`)
        .join('; '),
      ['summit/appointments', 'summit/recalls'],
    ],
  ])('gets %s at its next start', async (_, loss, expected) => {
    const rows = `SELECT md5(string_agg(t::text, ',' ORDER BY t.id)) AS all FROM`
    const all = async () => [
      ...(await ask(`${rows} (SELECT id, provider_id, patient_id, status, type FROM appointments) t`)),
      ...(await ask(`${rows} (SELECT id, patient_id, status, offer_starts_at FROM waitlist_entries) t`)),
      ...(await ask(`${rows} (SELECT id, patient_id, status, due_on, appointment_id FROM recalls) t`)),
      ...(await ask(`${rows} patients t`)),
    ]
    const before = await all()
    await ask(loss)
    expect(await all()).not.toEqual(before)
    expect(await seed(db.ownerUrl, { size: 'full', today })).toEqual(expected)
    expect(await all()).toEqual(before)
  })
})

it('has two practices of three locations, and at least 2,000 patients', async () => {
  expect(await count('tenants')).toBe(2)
  expect(await count('locations')).toBe(6)
  expect(await count('patients')).toBeGreaterThanOrEqual(2000)
  expect(await count('waitlist_entries')).toBeGreaterThan(50)
  expect(await count('recalls')).toBe(6 * 15)
})

it('keeps to the opening hours of each location’s own clock, and to weekdays', async () => {
  const inside = `appointments a JOIN locations l ON l.id = a.location_id
    WHERE (a.starts_at AT TIME ZONE l.time_zone)::time >= l.opens_at::time
      AND (a.ends_at AT TIME ZONE l.time_zone)::time <= l.closes_at::time
      AND extract(isodow FROM a.starts_at AT TIME ZONE l.time_zone) < 6`
  expect(await count(inside)).toBe(await count('appointments'))
  expect(await count('appointments')).toBeGreaterThan(10_000)
})

it('spans eight weeks, and has each provider only where they work', async () => {
  const [span] = await ask(`SELECT extract(day FROM max(starts_at) - min(starts_at)) AS days FROM appointments`)
  expect(Number(span?.['days'])).toBeGreaterThanOrEqual(52)
  const elsewhere = `appointments a WHERE NOT EXISTS (
    SELECT FROM provider_locations p WHERE p.provider_id = a.provider_id AND p.location_id = a.location_id)`
  expect(await count(elsewhere)).toBe(0)
})

it('has a record for each patient that a practice could have', async () => {
  const patients = await count('patients')
  const share = async (sql: string) => (await count(sql)) / patients
  expect(await share(`coverages WHERE rank = 'primary' AND effective_to IS NULL`)).toBeCloseTo(0.9, 1)
  expect(await share(`coverages WHERE rank = 'secondary'`)).toBeGreaterThan(0.15)
  expect(await count(`coverages WHERE status = 'active' AND checked_at < '2026-10-26'`)).toBeGreaterThan(50)
  expect(await count(`coverages WHERE status = 'unknown'`)).toBeGreaterThan(50)
  for (const table of ['allergies', 'patient_documents', 'account_entries'])
    expect(
      await share(`(SELECT DISTINCT ${table === 'account_entries' ? 'account_id' : 'patient_id'} FROM ${table}) t`),
    ).toBeCloseTo(0.33, 1)
  expect(await count(`patients WHERE flags <> '{}'`)).toBeGreaterThan(20)
  const unequal = `accounts a WHERE balance_cents <> (SELECT sum(amount_cents) FROM account_entries e WHERE e.account_id = a.id)`
  expect(await count(unequal)).toBe(0)
})

it('has statuses that fit the day', async () => {
  const open = `('scheduled', 'confirmed', 'checked_in', 'roomed')`
  expect(await count(`appointments WHERE starts_at < '2026-11-25' AND status IN ${open}`)).toBe(0)
  expect(
    await count(
      `appointments WHERE starts_at > '2026-11-26' AND status NOT IN ('scheduled', 'confirmed', 'cancelled')`,
    ),
  ).toBe(0)
  const ofToday = await ask(`SELECT DISTINCT status FROM appointments WHERE starts_at::date = '2026-11-25'`)
  expect(ofToday.map((row) => row['status'])).toEqual(
    expect.arrayContaining(['completed', 'roomed', 'checked_in', 'confirmed', 'scheduled']),
  )
  expect(await count(`appointments WHERE (status = 'cancelled') <> (cancel_code IS NOT NULL)`)).toBe(0)
})

it('has recalls in every status, scheduled for a visit of the same patient to come, planned for days to come', async () => {
  expect(await ask('SELECT DISTINCT status FROM recalls')).toHaveLength(7)
  const good = `recalls r JOIN appointments a ON a.id = r.appointment_id AND a.patient_id = r.patient_id AND a.location_id = r.location_id
    WHERE r.status = 'scheduled' AND a.status = 'scheduled' AND a.starts_at > '2026-11-25T16:30:00Z'`
  expect(await count(good)).toBe(await count(`recalls WHERE status = 'scheduled'`))
  expect(await count(`recalls WHERE (due_on > '2026-11-25') <> (status = 'planned')`)).toBe(0)
})

it('writes no events, and begins every channel that can be subscribed to', async () => {
  expect(await count('events')).toBe(0)
  const topics = 5 * (await count('tenants')) + 5 * (await count('locations')) + 2 * (await count('users'))
  expect(await count('channel_heads')).toBe(topics)
  expect(await count('channel_heads WHERE seq <> 0')).toBe(0)
})

it('has an account for every role, each with access', async () => {
  expect(SEED_ACCOUNTS).toHaveLength(await count('users JOIN user_access ON user_id = id WHERE active'))
  const roles = await ask(`SELECT DISTINCT jsonb_array_elements(grants) ->> 'role' AS role FROM user_access`)
  expect(roles).toHaveLength(7)
})
