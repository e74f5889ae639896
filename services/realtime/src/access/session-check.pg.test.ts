import type { SessionId, TenantId, UserId } from '@derm/contract'
import { getSeedIds, seed } from '@derm/database'
import { useTestDatabase } from '@derm/test-kit'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SessionCheck } from './session-check.ts'

const db = useTestDatabase()
const { lakeside, summit } = getSeedIds()
const [user, other] = [lakeside.users['frontdesk']!.id, lakeside.users['biller']!.id]
const tid = lakeside.tenantId
let pool: pg.Pool
let superuser: pg.Pool
let sid: SessionId
let asked: number
let check: SessionCheck

beforeAll(async () => {
  await seed(db.ownerUrl, { size: 'small' })
  pool = new pg.Pool({ connectionString: db.realtimeUrl, max: 2 })
  superuser = new pg.Pool({ connectionString: db.superuserUrl, max: 1 })
})
afterAll(() => Promise.all([pool, superuser].map((one) => one.end())))
beforeEach(async () => {
  sid = crypto.randomUUID() as SessionId
  asked = 0
  check = new SessionCheck({
    query: ((...args: [string, unknown[]]) => (asked++, pool.query(...args))) as unknown as pg.Pool['query'],
  })
  await superuser.query(
    `INSERT INTO sessions (id, tenant_id, user_id, refresh_hash, expires_at) VALUES ($1::uuid, $2, $3, $1::text, now() + interval '1 hour')`,
    [sid, tid, user],
  )
})

describe('a session', () => {
  it('[OPS1] that exists and is the token’s user’s is taken', async () => {
    await expect(check.require({ sid, sub: user, tid })).resolves.toBeUndefined()
  })

  it.each<[string, () => Promise<unknown>, Partial<{ sid: SessionId; sub: UserId; tid: TenantId }>]>([
    ['that never existed', async () => {}, { sid: '00000000-0000-4000-8000-000000000000' as SessionId }],
    ['of another user', async () => {}, { sub: other }],
    ['of another tenant', async () => {}, { tid: summit.tenantId }],
    ['that has ended', () => superuser.query('UPDATE sessions SET ended_at = now() WHERE id = $1', [sid]), {}],
    ['whose time is over', () => superuser.query('UPDATE sessions SET expires_at = now() WHERE id = $1', [sid]), {}],
    ['that was pruned', () => superuser.query('DELETE FROM sessions WHERE id = $1', [sid]), {}],
  ])('[OPS1] %s is none', async (_name, prepare, change) => {
    await prepare()
    await expect(check.require({ sid, sub: user, tid, ...change })).rejects.toMatchObject({ code: 'session_ended' })
  })

  it('[OPS1] cannot be confirmed while Postgres is away', async () => {
    const away = new SessionCheck({ query: () => Promise.reject(new Error('away')) })
    await expect(away.require({ sid, sub: user, tid })).rejects.toMatchObject({ code: 'access_unconfirmed' })
  })

  it('[SEC7] of thousands that come back at once is asked for in a handful of questions', async () => {
    await Promise.all(Array.from({ length: 3_000 }, () => check.require({ sid, sub: user, tid })))
    expect(asked).toBe(1)
  })
})
