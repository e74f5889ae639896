import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPrisma, getSeedIds, seed, withTenant, type PrismaClient } from './index.ts'
import { useTestDatabase } from '@derm/local-servers/testing'

const db = useTestDatabase()
const { lakeside, summit } = getSeedIds()
const downtown = lakeside.locations['downtown']!
let prisma: PrismaClient

beforeAll(async () => {
  await seed(db.ownerUrl, { size: 'small' })
  prisma = createPrisma(db.apiUrl, { max: 2 })
})
afterAll(() => prisma.$disconnect())

/** Runs one statement as a role, with a tenant named when one is given. */
async function ask(url: string, sql: string, tenantId?: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query('BEGIN')
    if (tenantId) await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId])
    const { rows } = await client.query(sql)
    await client.query('COMMIT')
    return rows
  } finally {
    await client.end()
  }
}

async function tablesOf(where: string): Promise<string[]> {
  const rows = await ask(
    db.superuserUrl,
    `SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND ${where}
     ORDER BY 1`,
  )
  return rows.map((row) => String(row['relname']))
}

describe('[TEN1] the wall between tenants stands in Postgres too', () => {
  it('is forced on every table that has a tenant, and on the tenants', async () => {
    const walled = await tablesOf(
      `EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id') OR c.relname = 'tenants'`,
    )
    expect(walled).toEqual(expect.arrayContaining(['tenants', 'patients', 'appointments', 'events', 'events_default']))
    const forced = await tablesOf('c.relrowsecurity AND c.relforcerowsecurity')
    expect(walled.filter((table) => !forced.includes(table))).toEqual([])
  })

  it('belongs to an owner that is none of the serving roles, none of which can get round it', async () => {
    expect(await tablesOf(`c.relowner <> 'derm_owner'::regrole`)).toEqual([])
    const roles = await ask(
      db.superuserUrl,
      `SELECT rolname FROM pg_roles WHERE rolname LIKE 'derm%' AND (rolsuper OR rolbypassrls OR rolcreaterole
         OR (rolname <> 'derm_owner' AND pg_has_role(rolname, 'derm_owner', 'MEMBER')))`,
    )
    expect(roles).toEqual([])
  })

  it('shows nothing to a query that has named no tenant', async () => {
    for (const table of await tablesOf(`has_table_privilege('derm_api', c.oid, 'SELECT') AND c.relrowsecurity`))
      expect(await ask(db.apiUrl, `SELECT 1 FROM ${table} LIMIT 1`), table).toEqual([])
    expect(await prisma.patient.count()).toBe(0)
  })

  it('shows one tenant its own rows and none of the other’s', async () => {
    const seen = await withTenant(prisma, lakeside.tenantId, (tx) =>
      tx.patient.findMany({ select: { tenantId: true } }),
    )
    expect(new Set(seen.map((row) => row.tenantId))).toEqual(new Set([lakeside.tenantId]))
    const foreign = await withTenant(prisma, lakeside.tenantId, (tx) =>
      tx.patient.findUnique({ where: { id: summit.patientIds[0]! } }),
    )
    expect(foreign).toBeNull()
  })

  it('forgets the tenant with the transaction: the pool’s next one sees nothing', async () => {
    const single = createPrisma(db.apiUrl, { max: 1 })
    expect(await withTenant(single, lakeside.tenantId, (tx) => tx.patient.count())).toBe(40)
    expect(await single.patient.count()).toBe(0)
    await single.$disconnect()
  })

  it('refuses a row for another tenant, and a reference to another tenant’s row', async () => {
    const appointment = {
      tenantId: lakeside.tenantId,
      locationId: downtown.id,
      providerId: downtown.providerIds[0]!,
      patientId: lakeside.patientIds[0]!,
      type: 'biopsy' as const,
      startsAt: new Date('2031-01-06T15:00:00Z'),
      endsAt: new Date('2031-01-06T15:30:00Z'),
    }
    const create = (change: Partial<typeof appointment>) =>
      withTenant(prisma, lakeside.tenantId, (tx) => tx.appointment.create({ data: { ...appointment, ...change } }))
    await expect(create({ tenantId: summit.tenantId })).rejects.toThrow(/row-level security/)
    await expect(create({ patientId: summit.patientIds[0]! })).rejects.toMatchObject({ code: 'P2003' })
    await expect(create({})).resolves.toMatchObject({ version: 1, status: 'scheduled' })
  })

  it('lets sign-in find a user before the tenant is known, and only that', async () => {
    const { email, id } = lakeside.users['frontdesk']!
    const [found] = await ask(db.apiUrl, `SELECT * FROM find_login('${email.toUpperCase()}')`)
    expect(found).toMatchObject({ user_id: id, tenant_id: lakeside.tenantId })
    expect(await ask(db.apiUrl, `SELECT * FROM find_login('nobody@lakeside.example')`)).toEqual([])
    await expect(ask(db.relayUrl, `SELECT * FROM find_login('${email}')`)).rejects.toThrow(/permission denied/)
  })
})

describe('[TEN2] each role sees what its work needs', () => {
  const readable = (role: string) => tablesOf(`has_any_column_privilege('${role}', c.oid, 'SELECT')`)

  it('derm_relay: heads and events', async () => {
    expect(await readable('derm_relay')).toEqual(['channel_heads', 'event_epoch', 'events'])
    await expect(ask(db.relayUrl, 'SELECT 1 FROM patients')).rejects.toThrow(/permission denied/)
  })

  it('[OPS1] derm_realtime: who may see what and whose session is live, of all tenants, and it cannot write', async () => {
    expect(await readable('derm_realtime')).toEqual(['sessions', 'user_access'])
    await expect(ask(db.realtimeUrl, 'SELECT refresh_hash FROM sessions')).rejects.toThrow(/permission denied/)
    const tenants = await ask(db.realtimeUrl, 'SELECT DISTINCT tenant_id FROM user_access')
    expect(tenants).toHaveLength(2)
    await expect(ask(db.realtimeUrl, 'UPDATE user_access SET version = 9')).rejects.toThrow(
      /read-only|permission denied/,
    )
  })

  it('derm_api: cannot rewrite what happened', async () => {
    await expect(ask(db.apiUrl, 'DELETE FROM audit_log', lakeside.tenantId)).rejects.toThrow(/permission denied/)
    await expect(ask(db.apiUrl, 'UPDATE events SET body = $$x$$', lakeside.tenantId)).rejects.toThrow(
      /permission denied/,
    )
    await expect(ask(db.apiUrl, 'SELECT prune_event_partitions(0)')).rejects.toThrow(/permission denied/)
    await expect(ask(db.apiUrl, 'CREATE TABLE mine (id int)')).rejects.toThrow(/permission denied/)
  })

  it('derm_api: a change of access raises its version, even when the change forgets to', async () => {
    const userId = lakeside.users['biller']!.id
    const change = (data: object) =>
      withTenant(prisma, lakeside.tenantId, (tx) => tx.userAccess.update({ where: { userId }, data }))
    const { version } = await change({ active: false })
    expect(version).toBe(2n)
    expect((await change({ active: true, version: { increment: 1 } })).version).toBe(3n)
    expect((await change({ version: 1n })).version).toBe(4n)
  })

  it('none of them can hold a row for ever', async () => {
    for (const url of [db.apiUrl, db.relayUrl, db.realtimeUrl, db.jobsUrl]) {
      const [row] = await ask(
        url,
        `SELECT current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('lock_timeout') AS lock,
           current_setting('statement_timeout') AS statement`,
      )
      expect(Object.values(row ?? {}).filter((value) => value === '0')).toEqual([])
    }
  })
})

describe('a provider’s time', () => {
  const at = (startsAt: string, endsAt: string, change: object = {}) =>
    withTenant(prisma, lakeside.tenantId, (tx) =>
      tx.appointment.create({
        data: {
          tenantId: lakeside.tenantId,
          locationId: downtown.id,
          providerId: downtown.providerIds[1]!,
          patientId: lakeside.patientIds[1]!,
          type: 'biopsy',
          startsAt: new Date(`2031-02-03T${startsAt}:00Z`),
          endsAt: new Date(`2031-02-03T${endsAt}:00Z`),
          ...change,
        },
      }),
    )

  it('is given once: neither overlapping nor at once by two, but back to back', async () => {
    await at('15:00', '15:30')
    await expect(at('15:29', '15:45')).rejects.toThrow(/appointments_provider_slot/)
    await at('15:30', '15:45')
    const both = await Promise.allSettled([at('17:00', '17:30'), at('17:15', '17:45')])
    expect(both.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  it('comes back when an appointment is cancelled', async () => {
    const first = await at('19:00', '19:30')
    await withTenant(prisma, lakeside.tenantId, (tx) =>
      tx.appointment.update({ where: { id: first.id }, data: { status: 'cancelled', cancelCode: 'illness' } }),
    )
    await expect(at('19:00', '19:30')).resolves.toBeDefined()
  })

  it('does not run backwards', async () => {
    await expect(at('20:30', '20:00')).rejects.toThrow()
  })
})
