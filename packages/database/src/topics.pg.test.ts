import { TOPICS, TOPIC_SCOPE, type ScopeKind } from '@derm/contract'
import { useTestDatabase } from '@derm/local-servers/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const db = useTestDatabase()
const tenantId = crypto.randomUUID()
const locationId = crypto.randomUUID()
const userId = crypto.randomUUID()
let superuser: pg.Client

beforeAll(async () => {
  superuser = new pg.Client(db.superuserUrl)
  await superuser.connect()
  await superuser.query('INSERT INTO tenants (id, name) VALUES ($1, $$A practice$$)', [tenantId])
  await superuser.query(
    `INSERT INTO locations (id, tenant_id, name, time_zone, opens_at, closes_at)
     VALUES ($2, $1, 'A location', 'America/Chicago', '08:00', '17:00')`,
    [tenantId, locationId],
  )
  await superuser.query(
    `INSERT INTO users (id, tenant_id, email, display_name, password_hash) VALUES ($2, $1, 'new@practice.example', 'New', 'none')`,
    [tenantId, userId],
  )
})
afterAll(() => superuser.end())

const SCOPES: Record<ScopeKind, string> = { tenant: 't', location: `l:${locationId}`, user: `u:${userId}` }
const expected = TOPICS.map((topic) => `${tenantId}/${SCOPES[TOPIC_SCOPE[topic]]}/${topic}`).toSorted()

async function channels(): Promise<string[]> {
  const { rows } = await superuser.query<{ channel: string }>('SELECT channel FROM channel_heads WHERE seq = 0')
  return rows.map((row) => row.channel).toSorted()
}

describe('[CHN1] every channel of the contract begins with what it belongs to', () => {
  it('a new tenant, location and user have a channel for each topic of their scope, and no other', async () => {
    expect(await channels()).toEqual(expected)
  })

  it('a migration gives those that are there already what they lack, and puts the wall back', async () => {
    await superuser.query(`DELETE FROM channel_heads WHERE channel ~ '/(accounts|safety|authorizations|tasks|alerts)$'`)
    expect(await channels()).toHaveLength(expected.length - 5)
    const owner = new pg.Client(db.ownerUrl)
    await owner.connect()
    try {
      await owner.query('SELECT begin_missing_channels()')
      const { rows } = await owner.query('SELECT id FROM tenants')
      expect(rows).toEqual([])
    } finally {
      await owner.end()
    }
    expect(await channels()).toEqual(expected)
  })
})
