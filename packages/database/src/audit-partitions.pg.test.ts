import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useTestDatabase } from '@derm/local-servers/testing'

const db = useTestDatabase()
let relay: pg.Client
let superuser: pg.Client
beforeAll(async () => {
  relay = new pg.Client(db.relayUrl)
  superuser = new pg.Client(db.superuserUrl)
  await Promise.all([relay.connect(), superuser.connect()])
})
afterAll(() => Promise.all([relay.end(), superuser.end()]))

const partitions = async () =>
  (
    await superuser.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_log'::regclass ORDER BY 1`,
    )
  ).rows.map(({ name }) => name)
const month = (ahead: number) => {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1))
    .toISOString()
    .slice(0, 7)
    .replace('-', '')
}
const write = (at: string) =>
  superuser.query(
    `INSERT INTO audit_log (tenant_id, at, actor_id, action, subject_type) VALUES (gen_random_uuid(), ${at}, gen_random_uuid(), 'test', 'test')
     RETURNING tableoid::regclass::text AS partition`,
  )
const prune = async (years: number) =>
  (await relay.query<{ name: string }>('SELECT prune_audit_partitions($1) AS name', [years])).rows.map(
    ({ name }) => name,
  )

describe('[SEC39] the audit log’s partitions', () => {
  it('there is one for this month, with all that was written before, and for each of the coming ones', async () => {
    expect(await partitions()).toEqual([...[0, 1, 2, 3].map((n) => `audit_log_${month(n)}`), 'audit_log_default'])
    expect((await write('now()')).rows[0].partition).toBe(`audit_log_${month(0)}`)
    expect((await write(`now() - interval '3 years'`)).rows[0].partition).toBe(`audit_log_${month(0)}`)
    expect((await relay.query('SELECT ensure_audit_partitions(5) AS made')).rows[0].made).toBe(2)
    expect((await relay.query('SELECT ensure_audit_partitions(5) AS made')).rows[0].made).toBe(0)
    expect((await write(`now() + interval '1 month'`)).rows[0].partition).toBe(`audit_log_${month(1)}`)
    expect((await write(`now() + interval '2 years'`)).rows[0].partition).toBe('audit_log_default')
  })

  it('fewer than six years are refused, and what is younger stays', async () => {
    for (const years of [0, 1, 5]) await expect(prune(years)).rejects.toThrow(/six years/)
    const before = await partitions()
    expect(await prune(6)).toEqual([])
    expect(await partitions()).toEqual(before)
  })

  it('a month that ended more than six years ago goes, and of what fell elsewhere what is as old', async () => {
    await superuser.query(
      `CREATE TABLE audit_log_201901 (LIKE audit_log INCLUDING ALL); ALTER TABLE audit_log_201901 OWNER TO derm_owner`,
    )
    // The first partition takes all that is older: a database that has run for years has a bound there.
    await superuser.query(`ALTER TABLE audit_log DETACH PARTITION audit_log_${month(0)}`)
    await superuser.query(
      `ALTER TABLE audit_log ATTACH PARTITION audit_log_201901 FOR VALUES FROM ('2019-01-01Z') TO ('2019-02-01Z')`,
    )
    await write(`'2019-01-15'`)
    await write(`'2018-06-01'`)
    expect(await prune(100)).toEqual([])
    expect(await prune(6)).toEqual(['audit_log_201901'])
    const { rows } = await superuser.query(`SELECT count(*)::int AS n FROM audit_log WHERE at < '2020-01-01'`)
    expect(rows[0].n).toBe(0)
  })

  it('[TEN2] nobody but the relay’s role drops them, and no role changes or deletes an entry', async () => {
    for (const url of [db.apiUrl, db.realtimeUrl, db.jobsUrl]) {
      const client = new pg.Client(url)
      await client.connect()
      for (const sql of [
        'SELECT prune_audit_partitions(6)',
        'DELETE FROM audit_log',
        `UPDATE audit_log SET action = ''`,
      ])
        await expect(client.query(sql)).rejects.toThrow(/permission denied|read-only/)
      await client.end()
    }
  })
})
