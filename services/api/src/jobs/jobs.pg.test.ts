import { SYSTEM_USER_ID, type TenantId } from '@derm/contract'
import { silentLogger, systemClock } from '@derm/core'
import { createMetrics } from '@derm/runtime'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '@derm/test-kit'
import { ids, useTestPod } from '../testing/test-pod.ts'
import { endOffers } from '../waitlist/end-offers.ts'
import type { Job } from './define-job.ts'
import { createDueRows, createJobsPool, type DueRows } from './due-rows.ts'
import { createJobMetrics } from './job-metrics.ts'
import { JobRunner, type JobRunnerOptions } from './job-runner.ts'

// The pod's own jobs stay out of the way.
const pod = useTestPod({ JOBS_EVERY_MS: '3600000' })
const tenants = [ids.lakeside, ids.summit]
let pool: pg.Pool
let rows: DueRows
beforeAll(() => {
  pool = createJobsPool(pod.database.jobsUrl, 'test.jobs')
  rows = createDueRows(pool)
})
afterAll(() => pool.end())
afterEach(async () => {
  await pod.sql('DELETE FROM job_failures')
  await pod.sql(`DELETE FROM waitlist_entries WHERE note = 'job test'`)
  await pod.takeEvents()
})

function createRunner(job: Job = endOffers, options: Partial<JobRunnerOptions> = {}) {
  const metrics = createJobMetrics(createMetrics(), [job], (asked) => rows.backlog(asked))
  const runner = new JobRunner(job, {
    api: pod.pod.api,
    rows,
    metrics,
    logger: silentLogger,
    clock: systemClock,
    random: Math.random,
    ...options,
  })
  const countOf = async (outcome: string) =>
    (await metrics.runs.get()).values.find(({ labels }) => labels['outcome'] === outcome)?.value
  return { runner, countOf }
}

type Entry = { id: string; tenantId: TenantId; locationId: string }
/** Entries whose offer has run out, in turns in both tenants and in two locations of each. */
async function makeDue(count: number): Promise<Entry[]> {
  const entries = Array.from({ length: count }, (_, n) => {
    const tenant = tenants[n % 2]!
    const place = Object.values(tenant.locations)[n % 4 < 2 ? 0 : 1]!
    return { tenant, place, patientId: tenant.patientIds[n % 40]!, id: crypto.randomUUID() }
  })
  for (const { tenant, place, patientId, id } of entries)
    await pod.sql(
      `INSERT INTO waitlist_entries (id, tenant_id, version, location_id, patient_id, type, status, earliest_date, note, updated_at,
         offer_provider_id, offer_starts_at, offer_ends_at, offer_expires_at)
       VALUES ($1, $2, 2, $3, $4, 'skin_check', 'offered', '2026-01-01', 'job test', now(),
         $5, now() + interval '1 day', now() + interval '25 hours', now() - interval '1 minute')`,
      [id, tenant.tenantId, place.id, patientId, place.providerIds[0]],
    )
  return entries.map(({ tenant, place, id }) => ({ id, tenantId: tenant.tenantId, locationId: place.id }))
}
const statusOf = async (id: string) =>
  (
    await pod.sql('SELECT status, version, offer_starts_at, offer_expires_at FROM waitlist_entries WHERE id = $1', [id])
  )[0]
const waiting = { status: 'waiting', version: 3, offer_starts_at: null, offer_expires_at: null }

/** A gate that what comes to it waits at. */
function createGate() {
  let open = () => {}
  let arrive = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  return { open: () => open(), arrived, wait: () => (arrive(), opened) }
}

describe('[JOB1] a due row is done exactly once', () => {
  it('by four runners at once: one event, one audit entry, one version for each', async () => {
    const entries = await makeDue(40)
    await pod.takeEvents()
    const runners = [0, 1, 2, 3].map(() => createRunner())
    const done = await Promise.all(runners.map(({ runner }) => runner.runDue()))
    expect(done.reduce((sum, n) => sum + n)).toBe(40)

    const events = await pod.takeEvents()
    expect(events.map(({ subject }) => subject.id).toSorted()).toEqual(entries.map(({ id }) => id).toSorted())
    for (const { id, tenantId, locationId } of entries) {
      expect(await statusOf(id)).toEqual(waiting)
      expect(events.find(({ subject }) => subject.id === id)).toMatchObject({
        type: 'waitlist:offer_ended',
        channel: `${tenantId}/l:${locationId}/scheduling`,
        locationId,
        actorId: SYSTEM_USER_ID,
        subject: { type: 'waitlist_entry', id, version: 3 },
        data: { status: 'waiting' },
        previous: { status: 'offered' },
      })
      const audits = await pod.sql('SELECT * FROM audit_log WHERE subject_id = $1', [id])
      expect(audits).toMatchObject([
        {
          tenant_id: tenantId,
          actor_id: SYSTEM_USER_ID,
          session_id: null,
          action: 'waitlist_entry.end-offer',
          location_id: locationId,
          request_id: 'job:waitlist-end-offers',
        },
      ])
    }
    expect(await createRunner().runner.runDue()).toBe(0)
  })

  it('also when there are more of them than one search finds', async () => {
    await makeDue(70)
    expect(await createRunner().runner.runDue()).toBe(70)
  })

  it('and an offer of a version that knew no end, once its slot has begun', async () => {
    const [entry] = (await makeDue(1)) as [Entry]
    await pod.sql(
      `UPDATE waitlist_entries SET offer_expires_at = NULL, offer_starts_at = now() - interval '1 minute' WHERE id = $1`,
      [entry.id],
    )
    expect(await createRunner().runner.runDue()).toBe(1)
    expect(await statusOf(entry.id)).toEqual(waiting)
  })

  it('after a crash between claim and commit, of which nothing remains', async () => {
    const [entry] = (await makeDue(1)) as [Entry]
    await pod.takeEvents()
    const crashing = createRunner(endOffers, {
      firstRetryMs: 0,
      beforeCommit: async () => {
        // What Postgres sees of a pod that is killed: its connection is gone.
        await pod.sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'derm_api' AND state = 'idle in transaction'`,
        )
      },
    })
    expect(await crashing.runner.runDue()).toBe(0)
    expect(await crashing.countOf('failed')).toBe(1)
    expect(await statusOf(entry.id)).toMatchObject({ status: 'offered', version: 2 })
    expect(await pod.takeEvents()).toEqual([])
    expect(await createRunner().runner.runDue()).toBe(1)
    expect(await statusOf(entry.id)).toEqual(waiting)
    expect(await pod.takeEvents()).toHaveLength(1)
    expect(await pod.sql('SELECT FROM job_failures')).toEqual([])
  })

  it('a runner that stands still in the middle holds up its own row and no other', async () => {
    const entries = await makeDue(6)
    const gate = createGate()
    const frozen = createRunner(endOffers, { beforeCommit: () => gate.wait() })
    const paused = frozen.runner.runDue()
    await gate.arrived
    const other = createRunner()
    expect(await other.runner.runDue()).toBe(5)
    expect(await other.countOf('passed_on')).toBe(1)
    gate.open()
    expect(await paused).toBe(1)
    for (const { id } of entries) expect(await statusOf(id)).toEqual(waiting)
  })

  it('not when a person was faster: what is no longer due is passed on', async () => {
    const [booked] = (await makeDue(1)) as [Entry]
    const late: DueRows = {
      ...rows,
      find: async (...asked) => {
        const found = await rows.find(...asked)
        await pod.sql(`UPDATE waitlist_entries SET status = 'booked' WHERE id = $1`, [booked.id])
        return found
      },
    }
    const { runner, countOf } = createRunner(endOffers, { rows: late })
    expect(await runner.runDue()).toBe(0)
    expect(await countOf('passed_on')).toBe(1)
    expect(await statusOf(booked.id)).toMatchObject({ status: 'booked', version: 2 })
  })
})

describe('[JOB2] a row that fails is put off', () => {
  it('longer each time, while the others go on, and is forgotten once it is done', async () => {
    const entries = await makeDue(5)
    const [bad] = entries as [Entry]
    let isBroken = true
    const tried: string[] = []
    const job: Job = {
      ...endOffers,
      async run(change, id) {
        tried.push(id)
        await endOffers.run(change, id)
        if (id === bad.id && isBroken) throw new Error('broken')
      },
    }
    const { runner } = createRunner(job, { firstRetryMs: 3_600_000 })
    expect(await runner.runDue()).toBe(4)
    expect(await runner.runDue()).toBe(0)
    expect(tried.filter((id) => id === bad.id)).toHaveLength(1)
    expect(await statusOf(bad.id)).toMatchObject({ status: 'offered', version: 2 })

    const wait = async () =>
      (
        await pod.sql(
          `SELECT failures, round(extract(epoch FROM retry_at - now()) / 3600)::int AS hours FROM job_failures`,
        )
      )[0]
    expect(await wait()).toEqual({ failures: 1, hours: 1 })
    const comeAgain = () => pod.sql('UPDATE job_failures SET retry_at = now()')
    for (const [failures, hours] of [
      [2, 2],
      [3, 4],
      [4, 6],
      [5, 6],
    ]) {
      await comeAgain()
      // A transaction that failed may hold its row for a moment more: then the run passes it on.
      await waitUntil(
        async () => {
          expect(await runner.runDue()).toBe(0)
          expect(await wait()).toEqual({ failures, hours })
          return true
        },
        { what: `failure ${failures}` },
      )
    }
    isBroken = false
    await comeAgain()
    await waitUntil(async () => (await runner.runDue()) === 1, { what: 'the row that is done at last' })
    expect(await statusOf(bad.id)).toEqual(waiting)
    expect(await pod.sql('SELECT FROM job_failures')).toEqual([])
  })

  it('also when more of them fail than one search finds: what is behind them is done in the same run', async () => {
    const entries = await makeDue(61)
    const good = entries.at(-1)!
    await pod.sql(`UPDATE waitlist_entries SET offer_expires_at = now() - interval '1 second' WHERE id = $1`, [good.id])
    const job: Job = {
      ...endOffers,
      async run(change, id) {
        if (id !== good.id) throw new Error('broken')
        await endOffers.run(change, id)
      },
    }
    expect(await createRunner(job, { firstRetryMs: 3_600_000 }).runner.runDue()).toBe(1)
    expect(await statusOf(good.id)).toEqual(waiting)
  })

  it('a change that tells of nothing, or of what it has not declared, fails', async () => {
    const [entry] = (await makeDue(1)) as [Entry]
    for (const job of [
      { ...endOffers, emits: [] },
      { ...endOffers, run: async () => {} },
    ]) {
      const { runner, countOf } = createRunner(job, { firstRetryMs: 0 })
      await runner.runDue()
      expect(await countOf('failed')).toBe(1)
    }
    expect(await statusOf(entry.id)).toMatchObject({ status: 'offered', version: 2 })
  })
})

describe('[JOB3] jobs end with their pod', () => {
  it('a drain waits for the row that is under way, and takes no further one', async () => {
    const entries = await makeDue(3)
    const gate = createGate()
    const { runner } = createRunner({ ...endOffers, every: 1 }, { beforeCommit: () => gate.wait() })
    runner.start()
    await gate.arrived
    let hasEnded = false
    const drained = runner.drain().then(() => (hasEnded = true))
    await pod.sql('SELECT 1')
    expect(hasEnded).toBe(false)
    gate.open()
    await drained
    const statuses = await Promise.all(entries.map(({ id }) => statusOf(id)))
    expect(statuses.filter(({ status }) => status === 'waiting')).toHaveLength(1)
  })
})

describe('[TEN2] derm_jobs', () => {
  const ask = (sql: string) => pool.query(sql).then(({ rows }) => rows)

  it('sees which offers stand, in all tenants, and nothing of whom they were made to', async () => {
    const entries = await makeDue(4)
    const found = await ask('SELECT id, tenant_id FROM waitlist_entries')
    expect(found).toEqual(expect.arrayContaining(entries.map(({ id, tenantId }) => ({ id, tenant_id: tenantId }))))
    expect(await ask(`SELECT id FROM waitlist_entries WHERE status <> 'offered'`)).toEqual([])
    for (const sql of [
      'SELECT patient_id FROM waitlist_entries',
      'SELECT * FROM waitlist_entries',
      `UPDATE waitlist_entries SET status = 'waiting'`,
      'SELECT FROM patients',
      'SELECT FROM events',
      'SELECT FROM audit_log',
    ])
      await expect(ask(sql), sql).rejects.toThrow(/permission denied/)
  })

  it('names the tenant, and a row of another one is not there', async () => {
    const [entry] = (await makeDue(1)) as [Entry]
    const foreign: DueRows = { ...rows, find: async () => [{ ...entry, tenantId: ids.summit.tenantId, failures: 0 }] }
    const { runner, countOf } = createRunner(endOffers, { rows: foreign })
    expect(await runner.runDue()).toBe(0)
    expect(await countOf('passed_on')).toBe(1)
    expect(await statusOf(entry.id)).toMatchObject({ status: 'offered' })
  })
})

describe('an offer', () => {
  it('stands for a day or until its slot begins, runs out, and can be made again; nobody ends it by a route', async () => {
    const desk = await pod.signIn(ids.lakeside.users['frontdesk']!.email)
    const place = ids.lakeside.locations['downtown']!
    const added = await desk.post('/waitlist', {
      locationId: place.id,
      patientId: ids.lakeside.patientIds[3],
      type: 'skin_check',
      earliestDate: '2027-01-04',
      note: 'job test',
    })
    const offer = (version: number, startsAt: number) =>
      desk.post(
        `/waitlist/${added.body.id}/offer`,
        {
          providerId: place.providerIds[0],
          startsAt: new Date(startsAt).toISOString(),
          endsAt: new Date(startsAt + 1_800_000).toISOString(),
        },
        { 'if-match': `"${version}"` },
      )
    const soon = Date.now() + 3_600_000
    expect((await offer(1, soon)).body).toMatchObject({
      status: 'offered',
      offerExpiresAt: new Date(soon).toISOString(),
    })
    const before = Date.now()
    const { body } = await offer(2, before + 72 * 3_600_000)
    expect(Date.parse(body.offerExpiresAt)).toBeGreaterThanOrEqual(before + 24 * 3_600_000)
    expect(Date.parse(body.offerExpiresAt)).toBeLessThanOrEqual(Date.now() + 24 * 3_600_000)
    const { runner } = createRunner()
    expect(await runner.runDue()).toBe(0)

    expect((await desk.post(`/waitlist/${body.id}/end-offer`, {}, { 'if-match': '"3"' })).status).toBe(404)
    await pod.sql(`UPDATE waitlist_entries SET offer_expires_at = now() WHERE id = $1`, [body.id])
    expect(await runner.runDue()).toBe(1)
    expect((await desk.get(`/waitlist/${body.id}`)).body).toMatchObject({
      status: 'waiting',
      version: 4,
      offer: null,
      offerExpiresAt: null,
    })
    expect((await offer(4, soon)).body).toMatchObject({ status: 'offered', version: 5 })
  })
})

it('says how much is due, and for how long', async () => {
  await makeDue(3)
  const metrics = createMetrics()
  const { backlog } = createJobMetrics(metrics, [endOffers], (job) => rows.backlog(job))
  expect(await metrics.registry.metrics()).toContain('derm_job_due_rows{job="waitlist-end-offers"} Nan')
  backlog.start()
  await expect.poll(() => backlog.latest()).toBeDefined()
  backlog.stop()
  const text = await metrics.registry.metrics()
  expect(text).toContain('derm_job_due_rows{job="waitlist-end-offers"} 3')
  expect(Number(/derm_job_due_seconds\{.*\} (\S+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(60)
  expect(text).toContain('derm_job_runs_total{job="waitlist-end-offers",outcome="failed"} 0')
})
