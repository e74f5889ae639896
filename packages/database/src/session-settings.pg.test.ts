import { SESSION_OPTIONS, requireSession, type SettingRow } from '@derm/core/postgres'
import { useTestDatabase } from '@derm/local-servers/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPrisma, getSeedIds, requirePrismaSession, seed, withTenant, type PrismaClient } from './index.ts'

const db = useTestDatabase()
const { lakeside } = getSeedIds()
const HOSTILE = {
  timezone: 'America/New_York',
  datestyle: 'German',
  intervalstyle: 'iso_8601',
  standard_conforming_strings: 'off',
  transform_null_equals: 'on',
  default_transaction_isolation: 'repeatable read',
  search_path: 'pg_catalog',
}
let superuser: pg.Client
let prisma: PrismaClient

beforeAll(async () => {
  superuser = new pg.Client(db.superuserUrl)
  await superuser.connect()
  for (const [name, value] of Object.entries(HOSTILE)) {
    await superuser.query(`ALTER DATABASE ${db.name} SET ${name} TO '${value}'`)
    for (const role of ['derm_owner', 'derm_api', 'derm_relay', 'derm_jobs', 'derm_realtime'])
      await superuser.query(`ALTER ROLE ${role} IN DATABASE ${db.name} SET ${name} TO '${value}'`)
  }
  await seed(db.ownerUrl, { size: 'small', today: new Date('2026-07-01T15:00:00Z') })
  prisma = createPrisma(db.apiUrl, { max: 2 })
})
afterAll(async () => {
  await prisma?.$disconnect()
  await superuser?.end()
})

/** The record's own text, which no driver has read. */
async function textOf(id: string): Promise<unknown> {
  const { rows } = await superuser.query(
    `SELECT to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS text FROM public.appointments WHERE id = $1`,
    [id],
  )
  return (rows[0] as { text: string }).text
}

describe('in a database and for roles that have other settings', () => {
  it('[OPS13] what a moment is written as is what the record says, and what it is read as', async () => {
    for (const at of ['2027-01-15T03:30:00.250Z', '2027-07-15T23:59:59.999Z', '2027-11-07T06:30:00.000Z']) {
      const row = await withTenant(prisma, lakeside.tenantId, async (tx) => {
        const first = await tx.appointment.findFirstOrThrow({ where: { status: 'scheduled' } })
        const [startsAt, endsAt] = [new Date(at), new Date(Date.parse(at) + 60_000)]
        await tx.appointment.update({ where: { id: first.id }, data: { startsAt, endsAt } })
        return tx.appointment.findUniqueOrThrow({ where: { id: first.id } })
      })
      expect(row.startsAt.toISOString()).toBe(at)
      expect(await textOf(row.id)).toBe(at)
      // As raw SQL, in which a parameter and a column go other ways through the driver.
      const rows = await withTenant(prisma, lakeside.tenantId, (tx) => {
        return tx.$queryRaw<{ startsAt: Date; isSame: boolean }[]>`
          SELECT starts_at AS "startsAt", starts_at = ${new Date(at)} AS "isSame" FROM appointments WHERE id = ${row.id}::uuid`
      })
      expect(rows).toEqual([{ startsAt: new Date(at), isSame: true }])
    }
  })

  it('[OPS13] the seed’s moments are those that a database in UTC gets', async () => {
    const { rows } = await superuser.query(
      `SELECT DISTINCT to_char(a.starts_at AT TIME ZONE l.time_zone, 'MI') AS minute, extract(hour FROM a.starts_at AT TIME ZONE l.time_zone)::int AS hour
       FROM public.appointments a JOIN public.locations l ON l.id = a.location_id WHERE a.starts_at < '2027-01-01'`,
    )
    for (const { hour } of rows as { hour: number }[]) expect(hour).toBeGreaterThanOrEqual(6)
  })

  it('[OPS13] a transaction sees what was committed before each of its statements', async () => {
    const name = () => superuser.query('SELECT name FROM public.tenants WHERE id = $1', [lakeside.tenantId])
    const before = (await name()).rows as { name: string }[]
    await withTenant(prisma, lakeside.tenantId, async (tx) => {
      await tx.tenant.findFirstOrThrow()
      await superuser.query('UPDATE public.tenants SET name = $1 WHERE id = $2', ['Renamed', lakeside.tenantId])
      expect((await tx.tenant.findFirstOrThrow()).name).toBe('Renamed')
    })
    await superuser.query('UPDATE public.tenants SET name = $1 WHERE id = $2', [before[0]!.name, lakeside.tenantId])
  })

  it('[OPS13] every pool’s session is as it must be', async () => {
    await requirePrismaSession(prisma)
    for (const connectionString of [db.relayUrl, db.jobsUrl, db.realtimeUrl, db.apiUrl])
      await withPool({ connectionString, options: SESSION_OPTIONS }, (ask) => requireSession(ask))
  })

  it('[OPS13] a session without our settings is refused, with all that is wrong', async () => {
    await withPool({ connectionString: db.apiUrl }, async (ask) => {
      const error = await requireSession(ask).catch((thrown: unknown) => thrown)
      const { faults } = error as { faults: string[] }
      expect(faults.map((fault) => fault.split(' ')[0]!.toLowerCase()).toSorted()).toEqual(
        Object.keys(HOSTILE).toSorted(),
      )
    })
  })
})

describe('refused at the start', () => {
  it.each<[string, () => string, string]>([
    [
      'a url with options of its own',
      () => `${db.apiUrl}?options=-c%20TimeZone%3DAsia/Tokyo`,
      'TimeZone is Asia/Tokyo',
    ],
    ['a role that passes row-level security', () => db.superuserUrl, 'role is passes row-level security'],
    ['a role without timeouts', () => db.superuserUrl, 'lock_timeout is without end'],
  ])('[OPS13] %s', async (_name, url, fault) => {
    const client = createPrisma(url(), { max: 1 })
    await expect(requirePrismaSession(client)).rejects.toThrow(fault)
    await client.$disconnect()
  })
})

type Ask = (sql: string) => Promise<SettingRow[]>
async function withPool(options: pg.PoolConfig, work: (ask: Ask) => Promise<void>): Promise<void> {
  const pool = new pg.Pool({ ...options, max: 1 })
  await work(async (sql) => (await pool.query<SettingRow>(sql)).rows).finally(() => pool.end())
}
