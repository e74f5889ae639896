import { silentLogger, systemClock } from '@derm/core'
import { createMetrics } from '@derm/runtime'
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ids, useTestPod } from '../testing/test-pod.ts'
import { createDueRows, createJobsPool } from './due-rows.ts'
import { createJobMetrics } from './job-metrics.ts'
import { JobRunner } from './job-runner.ts'
import { removeOutlived } from './remove-outlived.ts'

const pod = useTestPod({ JOBS_EVERY_MS: '3600000' })
let pool: pg.Pool
beforeAll(() => {
  pool = createJobsPool(pod.database.jobsUrl, 'test.jobs')
})
afterAll(() => pool.end())

const run = () => {
  const rows = createDueRows(pool)
  return new JobRunner(removeOutlived, {
    api: pod.pod.api,
    rows,
    metrics: createJobMetrics(createMetrics(), [removeOutlived], (job) => rows.backlog(job)),
    logger: silentLogger,
    clock: systemClock,
    random: Math.random,
  }).runDue()
}
const user = ids.lakeside.users['frontdesk']!
const tenantId = ids.lakeside.tenantId

it('[SEC39] sessions, stored answers and views that have outlived their use are removed, in each tenant, and nothing else', async () => {
  const addSession = (ended: string | null, expires: string) =>
    pod.sql(
      `INSERT INTO sessions (id, tenant_id, user_id, refresh_hash, created_at, expires_at, ended_at)
       VALUES (gen_random_uuid(), $1, $2, gen_random_uuid()::text, now() - interval '90 days', now() + $3::interval, now() + $4::interval)`,
      [tenantId, user.id, expires, ended],
    )
  await pod.signIn(user.email)
  await addSession(null, '-31 days')
  await addSession('-31 days', '-30 days 12 hours')
  await addSession(null, '-29 days')
  await addSession('-2 days', '-1 day')
  await pod.sql(
    `INSERT INTO idempotency_keys (tenant_id, user_id, key, fingerprint, created_at)
     SELECT $1, $2, 'key' || n, '', now() - n * interval '10 hours' FROM generate_series(1, 4) n`,
    [tenantId, user.id],
  )
  await pod.sql(
    `INSERT INTO patient_views (tenant_id, user_id, day, patient_id, at)
     SELECT $1, $2, current_date - n, gen_random_uuid(), now() FROM generate_series(0, 4) n`,
    [tenantId, user.id],
  )
  const before = await pod.sql('SELECT count(*)::int AS n FROM sessions')
  expect(await run()).toBe(2)
  expect((await pod.sql('SELECT count(*)::int AS n FROM sessions'))[0].n).toBe(before[0].n - 2)
  expect((await pod.sql('SELECT key FROM idempotency_keys ORDER BY 1')).map(({ key }) => key)).toEqual(['key1', 'key2'])
  expect(await pod.sql('SELECT day FROM patient_views WHERE day < current_date - 2')).toEqual([])
  const noted = await pod.sql(
    `SELECT tenant_id, details FROM audit_log WHERE action = 'upkeep.remove' ORDER BY details->'sessions' DESC`,
  )
  expect(noted).toHaveLength(2)
  expect(noted[0]).toMatchObject({ tenant_id: tenantId, details: { sessions: 2, answers: 2 } })
  // The next time is hours away.
  expect(await run()).toBe(0)
  expect(await pod.sql(`SELECT FROM upkeep WHERE due_at < now() + interval '5 hours'`)).toEqual([])
})

it('[SEC39] where there is more than one transaction should remove, the next one comes soon', async () => {
  await pod.sql(
    `INSERT INTO idempotency_keys (tenant_id, user_id, key, fingerprint, created_at)
     SELECT $1, $2, 'many' || n, '', now() - interval '2 days' FROM generate_series(1, 2500) n`,
    [tenantId, user.id],
  )
  await pod.sql('UPDATE upkeep SET due_at = now() WHERE tenant_id = $1', [tenantId])
  expect(await run()).toBe(1)
  expect((await pod.sql(`SELECT count(*)::int AS n FROM idempotency_keys WHERE key LIKE 'many%'`))[0].n).toBe(500)
  expect(await pod.sql(`SELECT FROM upkeep WHERE due_at < now() + interval '1 minute'`)).toHaveLength(1)
})
