import type { UserId } from '@derm/contract'
import { getSeedIds, seed } from '@derm/database'
import { createLogger } from '@derm/runtime'
import { useTestDatabase } from '@derm/test-kit'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Access, AccessRow } from './access-row.ts'
import { AccessWatch } from './access-watch.ts'

const db = useTestDatabase()
const user = getSeedIds().lakeside.users['frontdesk']!.id
let pool: pg.Pool
let superuser: pg.Pool
beforeAll(async () => {
  await seed(db.ownerUrl, { size: 'small' })
  pool = new pg.Pool({ connectionString: db.realtimeUrl, max: 2 })
  superuser = new pg.Pool({ connectionString: db.superuserUrl, max: 1 })
  for (const one of [pool, superuser]) one.on('error', () => {})
})
afterAll(() => Promise.all([pool, superuser].map((one) => one.end())))

const versionOf = (access: Access | null | undefined) => (access && access !== 'unreadable' ? access.version : access)
const raiseVersion = () => superuser.query('UPDATE user_access SET version = version + 1 WHERE user_id = $1', [user])

/** A query whose answer is held back until it is let through. */
class HeldPool {
  private held: (() => void)[] = []
  isHolding = false
  isFailing = false
  asked = 0
  query = (async (...args: [string, unknown[]]) => {
    this.asked++
    if (this.isFailing) throw new Error('Postgres is away')
    const answer = await pool.query(...args)
    if (this.isHolding) await new Promise<void>((resolve) => this.held.push(resolve))
    return answer
  }) as unknown as pg.Pool['query']
  get waiting(): number {
    return this.held.length
  }
  release(): void {
    this.isHolding = false
    for (const resolve of this.held.splice(0)) resolve()
  }
}

describe('the watch over access', () => {
  let changes: { userId: UserId; version: number | string | null | undefined }[]
  let held: HeldPool
  let watch: AccessWatch
  let now: number
  beforeEach(() => {
    changes = []
    held = new HeldPool()
    now = 1000
    watch = new AccessWatch({
      pool: held,
      logger: createLogger({ service: 'realtime', instance: 'test', level: 'silent' }),
      everyMs: 1000,
      maxAgeMs: 5000,
      connected: () => [user],
      onChange: (userId, access) => changes.push({ userId, version: versionOf(access) }),
      onConfirmedAgain: () => {},
      now: () => now++,
    })
  })

  it('[SEC5] carries a change out on the sockets of before, also when a new sign-in finds it first', async () => {
    await watch.read(user)
    await watch.confirm()
    expect(changes).toEqual([])
    await raiseVersion()
    const row = await watch.read(user)
    expect(changes).toEqual([{ userId: user, version: versionOf(row) }])
    await watch.confirm()
    expect(changes).toHaveLength(1)
  })

  it('[SEC5] never replaces a later answer by that to an earlier question', async () => {
    await watch.read(user)
    held.isHolding = true
    const early = watch.confirm()
    await expect.poll(() => held.waiting).toBe(1)
    held.isHolding = false
    await raiseVersion()
    const version = versionOf(await watch.read(user))
    held.release()
    await early
    expect(versionOf(watch.get(user))).toBe(version)
    expect(changes.map((change) => change.version)).toEqual([version])
  })

  it('[SEC3] is as old as its question, and says when it is too old', async () => {
    expect(watch.isConfirmed()).toBe(false)
    await watch.confirm()
    expect(watch.isConfirmed()).toBe(true)
    now += 5000
    expect(watch.isConfirmed()).toBe(false)
  })

  it('[SEC3] tells of a user whose row is gone', async () => {
    await watch.read(user)
    const { rows } = await superuser.query<{ id: string }>('SELECT gen_random_uuid() AS id')
    const nobody = rows[0]!.id as UserId
    expect(await watch.read(nobody)).toBeNull()
    expect(changes).toEqual([{ userId: nobody, version: null }])
  })

  it('[SEC7] asks once for all who come while a question is on its way, and anew, so that none of them is old', async () => {
    const [owner, provider] = [getSeedIds().lakeside.users['owner']!.id, getSeedIds().lakeside.users['provider']!.id]
    held.isHolding = true
    const first = watch.read(user)
    await expect.poll(() => held.waiting).toBe(1)
    const before = held.asked
    const later = [user, owner, provider, owner].map((id) => watch.read(id))
    await raiseVersion()
    held.release()
    const known = versionOf(await first) as number
    const answers = await Promise.all(later)
    expect(held.asked).toBe(before + 1)
    expect(answers.map((access) => (access as AccessRow).userId)).toEqual([user, owner, provider, owner])
    expect(versionOf(answers[0])).toBe(known + 1)
    // The one after it is not held up by those before.
    expect(versionOf(await watch.read(user))).toBe(known + 1)
  })

  it('[SEC7] fails those who asked together, and nobody after them', async () => {
    held.isFailing = true
    const together = [watch.read(user), watch.read(user)]
    for (const read of together) await expect(read).rejects.toMatchObject({ code: 'access_unconfirmed' })
    held.isFailing = false
    expect(versionOf(await watch.read(user))).toBeGreaterThan(0)
  })
})
