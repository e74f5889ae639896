import type pg from 'pg'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { silentLogger, type Clock, type Timer } from '@derm/core'
import { createPartitionUpkeep } from './partition-upkeep.ts'
import { createTestPool } from './test-events.ts'
import { useTestDatabase } from '@derm/local-servers/testing'

const db = useTestDatabase()
let pool: pg.Pool
let superuser: pg.Pool
beforeAll(() => {
  pool = createTestPool(db.relayUrl, 1)
  superuser = createTestPool(db.superuserUrl, 1)
})
afterAll(() => Promise.all([pool.end(), superuser.end()]))

/** A clock whose one timer rings when the test says so. */
function createBell() {
  let waiting: { run: () => void; ms: number } | undefined
  const clock: Clock = {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    setTimeout: (run, ms) => ((waiting = { run, ms }), 1 as unknown as Timer),
    clearTimeout: () => (waiting = undefined),
  }
  return {
    clock,
    waiting: () => waiting?.ms,
    ring: () => {
      const { run } = waiting!
      waiting = undefined
      run()
    },
  }
}
const count = async () => {
  const { rows } = await superuser.query(`SELECT count(*) AS n FROM pg_inherits WHERE inhparent = 'events'::regclass`)
  return Number(rows[0]?.n)
}

it('[LOG10] makes the coming days’ partitions at once and again each hour, through failures, until it is stopped', async () => {
  const bell = createBell()
  const warn = vi.fn()
  const upkeep = createPartitionUpkeep({
    pool,
    clock: bell.clock,
    random: () => 0.5,
    logger: { ...silentLogger, warn },
    daysAhead: 10,
  })
  const before = await count()
  await upkeep.start()
  expect(await count()).toBe(before + 3)
  expect(bell.waiting()).toBe(3_600_000)

  await superuser.query('REVOKE EXECUTE ON FUNCTION ensure_event_partitions(int) FROM derm_relay')
  bell.ring()
  await vi.waitFor(() => expect(bell.waiting()).toBeDefined())
  expect(warn).toHaveBeenCalledWith({ code: '42501' }, expect.any(String))

  await superuser.query('GRANT EXECUTE ON FUNCTION ensure_event_partitions(int) TO derm_relay')
  const [last] = (
    await superuser.query(`SELECT max(inhrelid::regclass::text) AS name FROM pg_inherits
    WHERE inhparent = 'events'::regclass AND inhrelid::regclass::text ~ '\\d{8}$'`)
  ).rows
  await superuser.query(`DROP TABLE ${last.name}`)
  bell.ring()
  await vi.waitFor(() => expect(bell.waiting()).toBeDefined())
  expect(await count()).toBe(before + 3)

  await upkeep.stop()
  expect(bell.waiting()).toBeUndefined()
})
