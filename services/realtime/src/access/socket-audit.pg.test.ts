import type { SessionId, UserId } from '@derm/contract'
import { silentLogger } from '@derm/core'
import { getSeedIds, seed } from '@derm/database'
import { useTestDatabase } from '@derm/test-kit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SocketAudit } from './socket-audit.ts'

const db = useTestDatabase()
const { lakeside } = getSeedIds()
const user = lakeside.users['frontdesk']!
let pool: pg.Pool
let superuser: pg.Pool
beforeAll(async () => {
  await seed(db.ownerUrl, { size: 'small' })
  pool = new pg.Pool({ connectionString: db.realtimeUrl, max: 2 })
  superuser = new pg.Pool({ connectionString: db.superuserUrl, max: 1 })
})
afterAll(() => Promise.all([pool, superuser].map((one) => one.end())))

async function createSession(): Promise<SessionId> {
  const { rows } = await superuser.query<{ id: SessionId }>(
    `INSERT INTO sessions (id, tenant_id, user_id, refresh_hash, expires_at)
     VALUES (gen_random_uuid(), $1, $2, gen_random_uuid()::text, now() + interval '1 hour') RETURNING id`,
    [lakeside.tenantId, user.id],
  )
  return rows[0]!.id
}
const createAudit = (from: Pick<pg.Pool, 'connect'> = pool, now = () => Date.now()) =>
  new SocketAudit({ pool: from, nodeName: 'node-1', logger: silentLogger, now })
const read = async (session: SessionId) =>
  (await superuser.query(`SELECT * FROM audit_log WHERE session_id = $1 AND action = 'socket.connect'`, [session])).rows

describe('[SEC45] refused sockets in the audit log', () => {
  const refusedOf = async () =>
    (
      await superuser.query(`SELECT * FROM audit_log WHERE actor_id = $1 AND action = 'socket.refused' ORDER BY id`, [
        user.id,
      ])
    ).rows

  it('say who, in which session, from where and why, once an hour for each reason', async () => {
    const session = await createSession()
    let now = Date.now()
    const audit = createAudit(pool, () => now)
    const sub = user.id
    for (let n = 0; n < 3; n++) audit.noteRefused({ sub, sid: session }, 'session_ended', '203.0.113.7')
    const foreign = crypto.randomUUID() as SessionId
    for (let n = 0; n < 3; n++) audit.noteRefused({ sub, sid: foreign }, 'too_many_connections', null)
    audit.noteRefused({ sub, sid: session }, 'access_unconfirmed', null)
    audit.noteRefused({ sub: crypto.randomUUID() as UserId, sid: session }, 'access_revoked', null)
    audit.note(session, null)
    await audit.flush()
    const rows = await refusedOf()
    expect(
      rows.map(({ tenant_id, session_id, address, details }) => [tenant_id, session_id, address, details]),
    ).toEqual([
      [lakeside.tenantId, session, '203.0.113.7', { node: 'node-1', code: 'session_ended' }],
      [lakeside.tenantId, null, null, { node: 'node-1', code: 'too_many_connections' }],
    ])
    expect(await read(session)).toHaveLength(1)
    now += 3_601_000
    audit.noteRefused({ sub, sid: session }, 'session_ended', null)
    await audit.flush()
    expect(await refusedOf()).toHaveLength(3)
  })
})

describe('[SEC38] sockets in the audit log', () => {
  it('a session that connects is noted with user, tenant, node, and where it came from', async () => {
    const session = await createSession()
    const audit = createAudit()
    audit.note(session, '203.0.113.7')
    audit.note(session, null)
    await audit.flush()
    const rows = await read(session)
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatchObject({
      tenant_id: lakeside.tenantId,
      actor_id: user.id,
      subject_type: 'session',
      subject_id: session,
      address: '203.0.113.7',
      details: { node: 'node-1' },
    })
  })

  it('a session that does not exist leaves nothing, and a moment that is far off is not believed', async () => {
    const [session, nobody] = [await createSession(), crypto.randomUUID() as SessionId]
    const audit = createAudit(pool, () => Date.now() - 86_400_000)
    audit.note(nobody, null)
    audit.note(session, null)
    await audit.flush()
    expect(await read(nobody)).toEqual([])
    expect(Date.now() - (await read(session))[0].at.getTime()).toBeLessThan(6 * 60_000)
  })

  it('what cannot be written waits, and is written once', async () => {
    const session = await createSession()
    let isAway = true
    const audit = createAudit({
      connect: (() =>
        isAway ? Promise.reject(new Error('Postgres is away')) : pool.connect()) as unknown as pg.Pool['connect'],
    })
    audit.note(session, null)
    await audit.flush()
    expect(await read(session)).toEqual([])
    isAway = false
    await Promise.all([audit.flush(), audit.flush()])
    expect(await read(session)).toHaveLength(1)
  })

  it('[TEN2] the node’s role can write nothing else into the log, and read none of it', async () => {
    await expect(pool.query('SELECT FROM audit_log')).rejects.toThrow(/permission denied/)
    const client = await pool.connect()
    await client.query('BEGIN READ WRITE')
    await expect(
      client.query(
        `INSERT INTO audit_log (tenant_id, actor_id, action, subject_type) VALUES ($1, $2, 'patient.read', 'patient')`,
        [lakeside.tenantId, user.id],
      ),
    ).rejects.toThrow(/permission denied/)
    client.release(true)
  })
})
