import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ensurePartitions, prunePartitions } from './event-partitions.ts'
import { fromPg } from './sql-tx.ts'
import { createGate, createTestPool, createTestTenant, publish } from './test-events.ts'
import { useTestDatabase } from '@derm/local-servers/testing'

const db = useTestDatabase()
let relay: pg.Pool
let superuser: pg.Pool
let api: pg.Pool
beforeAll(() => {
  relay = createTestPool(db.relayUrl, 4)
  superuser = createTestPool(db.superuserUrl, 1)
  api = createTestPool(db.apiUrl, 1)
})
afterAll(() => Promise.all([relay, superuser, api].map((pool) => pool.end())))

const tenant = createTestTenant(1)
const channel = tenant.channels[0]!

async function partitions(): Promise<string[]> {
  const { rows } = await superuser.query(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'events'::regclass ORDER BY 1`,
  )
  return rows.map((row) => row.name)
}
/** A day of the past with a partition, or without one, and one row in it. */
async function addDay(day: string, { published, partition = true }: { published: boolean; partition?: boolean }) {
  const name = `events_${day.replaceAll('-', '')}`
  if (partition) {
    await superuser.query(
      `CREATE TABLE ${name} PARTITION OF events FOR VALUES FROM ('${day} 00:00Z') TO ('${day} 24:00Z')`,
    )
    await superuser.query(`ALTER TABLE ${name} OWNER TO derm_owner`)
  }
  await superuser.query(
    `INSERT INTO events (channel, epoch, seq, id, type, shard, tenant_id, at, body, published_at)
     VALUES ($1, '0000000000000001', 1, gen_random_uuid(), 'patient:updated', 1, $2, $3, '{}', $4)`,
    [channel, tenant.id, `${day} 12:00Z`, published ? `${day} 12:00Z` : null],
  )
  return name
}
beforeEach(async () => {
  for (const name of await partitions()) if (/^events_20[01]/.test(name)) await superuser.query(`DROP TABLE ${name}`)
  await superuser.query('DELETE FROM events')
})

describe('[LOG10] event partitions', () => {
  it('stand ready for a week from the first migration on', async () => {
    const days = (await partitions()).filter((name) => /^events_\d{8}$/.test(name))
    expect(days.length).toBeGreaterThanOrEqual(8)
    expect(days).toContain(`events_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`)
  })

  it('are made once, by however many pods that ask at once', async () => {
    const before = await partitions()
    const made = await Promise.all([0, 1, 2, 3].map(() => ensurePartitions(fromPg(relay), 12)))
    const after = await partitions()
    expect(after.length - before.length).toBe(Math.max(...made))
    expect(made.filter((count) => count > 0)).toHaveLength(1)
    expect(await ensurePartitions(fromPg(relay), 12)).toBe(0)
  })

  it('catch a row on a day that has none, and give it back to readers', async () => {
    const today = `events_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`
    await superuser.query(`DROP TABLE ${today}`)
    await publish(api, tenant, [channel])
    const { rows } = await superuser.query('SELECT tableoid::regclass::text AS name FROM events WHERE channel = $1', [
      channel,
    ])
    expect(rows).toEqual([{ name: 'events_default' }])
    expect(await ensurePartitions(fromPg(relay), 0)).toBe(0)
    await superuser.query('DELETE FROM events_default')
    expect(await ensurePartitions(fromPg(relay), 0)).toBe(1)
    await publish(api, tenant, [channel])
    const { rows: found } = await superuser.query(
      'SELECT tableoid::regclass::text AS name FROM events WHERE channel = $1',
      [channel],
    )
    expect(found).toEqual([{ name: today }])
  })

  it('are dropped whole when old and published, and kept with an unpublished row inside', async () => {
    const old = await addDay('2011-03-01', { published: true })
    const held = await addDay('2011-03-02', { published: false })
    expect(await prunePartitions(fromPg(relay), 7)).toEqual([old])
    expect(await partitions()).toContain(held)
    await superuser.query(`UPDATE events SET published_at = now() WHERE at < '2012-01-01'`)
    expect(await prunePartitions(fromPg(relay), 7)).toEqual([held])
  })

  it('of the last days are kept, as many as asked', async () => {
    const recent = (await partitions()).filter((name) => /^events_\d{8}$/.test(name))
    expect(await prunePartitions(fromPg(relay), 0)).toEqual([])
    expect((await partitions()).filter((name) => /^events_\d{8}$/.test(name))).toEqual(recent)
  })

  it('by default: it is emptied of what is old and published, and of nothing else', async () => {
    await addDay('2011-04-01', { published: true, partition: false })
    await addDay('2011-04-02', { published: false, partition: false })
    await prunePartitions(fromPg(relay), 7)
    const { rows } = await superuser.query(`SELECT at FROM events WHERE at < '2012-01-01'`)
    expect(rows.map((row) => row.at.toISOString().slice(0, 10))).toEqual(['2011-04-02'])
  })

  it('wait a second at most for writers, rather than hold up those behind them', async () => {
    await addDay('2011-05-01', { published: true })
    const { opened: done, open: finish } = createGate()
    const { opened: holds, open: held } = createGate()
    const writing = publish(api, tenant, [channel], { between: () => (held(), done) })
    await holds
    // On one connection: Postgres reports the error before it lets go of the lock that keeps a second pruning out.
    const client = await relay.connect()
    try {
      await expect(prunePartitions(fromPg(client), 7)).rejects.toMatchObject({ code: '55P03' })
      finish()
      await writing
      expect(await prunePartitions(fromPg(client), 7)).toEqual(['events_20110501'])
    } finally {
      client.release()
    }
  })
})
